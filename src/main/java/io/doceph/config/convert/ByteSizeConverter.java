package io.doceph.config.convert;

import io.doceph.config.ByteSize;
import org.eclipse.microprofile.config.spi.Converter;

/** Text to {@link ByteSize}; a bare number is GiB, as in a volume's options. */
public final class ByteSizeConverter implements Converter<ByteSize> {
  private static final long serialVersionUID = 1L;

  @Override
  public ByteSize convert(String value) {
    return ByteSize.parse(value, ByteSize.GIB);
  }
}
