package io.doceph.config.convert;

import io.doceph.config.AbsolutePath;
import java.nio.file.Path;
import org.eclipse.microprofile.config.spi.Converter;

/** Text to {@link AbsolutePath}. */
public final class AbsolutePathConverter implements Converter<AbsolutePath> {
  private static final long serialVersionUID = 1L;

  @Override
  public AbsolutePath convert(String value) {
    return new AbsolutePath(Path.of(value.strip()));
  }
}
