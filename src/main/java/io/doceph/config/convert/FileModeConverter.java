package io.doceph.config.convert;

import io.doceph.config.FileMode;
import org.eclipse.microprofile.config.spi.Converter;

/** Text to {@link FileMode}. */
public final class FileModeConverter implements Converter<FileMode> {
  private static final long serialVersionUID = 1L;

  @Override
  public FileMode convert(String value) {
    return FileMode.parse(value);
  }
}
