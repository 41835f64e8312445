package io.doceph.host;

public record ForeignMount(long pid, String command, MountEntry entry) {}
