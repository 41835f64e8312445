package io.doceph.volume;

import java.util.Locale;

/**
 * The places where the tests kill the daemon: after each step that changes something outside it.
 * What is left behind at each must be finished or undone by the next start.
 */
public enum CutPoint {
  CREATE_BEGUN,
  CREATE_RESERVED,
  CREATE_DATA,
  CREATE_DESCRIBED,
  CREATE_ATTACHED,
  CREATE_FORMATTED,
  CREATE_ROOT_MOUNTED,
  CREATE_ROOT_PREPARED,
  CREATE_DETACHED,
  CREATE_READY,
  MOUNT_BEGUN,
  MOUNT_ATTACHED,
  MOUNT_MOUNTED,
  MOUNT_RECORDED,
  UNMOUNT_BEGUN,
  UNMOUNT_RECORDED,
  UNMOUNT_UNMOUNTED,
  UNMOUNT_DETACHED,
  UNMOUNT_FORGOTTEN,
  REMOVE_BEGUN,
  REMOVE_DESCRIBED,
  REMOVE_DATA,
  REMOVE_FORGOTTEN,
  GROW_DESCRIBED,
  GROW_DATA,
  GROW_FILESYSTEM;

  /** The name in the configuration: {@code create-reserved}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
