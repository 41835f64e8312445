package io.doceph.config.convert;

import io.doceph.config.HostPort;
import org.eclipse.microprofile.config.spi.Converter;

/** Text to {@link HostPort}. */
public final class HostPortConverter implements Converter<HostPort> {
  private static final long serialVersionUID = 1L;

  @Override
  public HostPort convert(String value) {
    return HostPort.parse(value);
  }
}
