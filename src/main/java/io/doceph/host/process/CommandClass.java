package io.doceph.host.process;

/**
 * What a command depends on. Each class has its own limit on how many run at once, so that commands
 * that hang on a dead Ceph cluster cannot keep local ones from running.
 */
public enum CommandClass {
  /** Needs nothing but this machine and is short: mount, losetup, blkid. */
  LOCAL,
  /** Local, but writes much and may take minutes: mkfs, fsck, grow. */
  FORMAT,
  /** Needs the Ceph cluster: rbd, rados, ceph. */
  CEPH
}
