package io.doceph.host;

import java.nio.file.Path;
import java.util.List;

public record MountEntry(
    int id,
    String majorMinor,
    String root,
    Path mountPoint,
    String fsType,
    String source,
    List<String> options,
    List<String> superOptions,
    boolean shared,
    boolean slave) {}
