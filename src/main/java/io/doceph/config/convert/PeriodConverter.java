package io.doceph.config.convert;

import io.doceph.config.Period;
import org.eclipse.microprofile.config.spi.Converter;

/** Text to {@link Period}. */
public final class PeriodConverter implements Converter<Period> {
  private static final long serialVersionUID = 1L;

  @Override
  public Period convert(String value) {
    return Period.parse(value);
  }
}
