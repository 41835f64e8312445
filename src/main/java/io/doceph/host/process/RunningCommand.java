package io.doceph.host.process;

import java.time.Duration;

/**
 * A command that runs now, for {@code info} and {@code doctor}.
 *
 * @param pid its process id
 * @param command program and arguments, secrets shown as {@code ***}
 * @param commandClass its class
 * @param age how long it has been running
 * @param stuck whether it was killed and does not end: it sleeps in the kernel
 */
public record RunningCommand(
    long pid, String command, CommandClass commandClass, Duration age, boolean stuck) {}
