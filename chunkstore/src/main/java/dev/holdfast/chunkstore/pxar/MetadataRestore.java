package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.PxarEntry.Node;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.util.List;
import java.util.Set;

/**
 * Sets what a restored file has besides its content. The order matters: a new owner clears
 * capabilities and set-id bits, access lists show in the mode, everything changes the times, and
 * some flags forbid any further change. What cannot be set is a warning, never the end.
 */
final class MetadataRestore {
  private static final String OWNERS_NEED_ROOT =
      "owners are not restored, nor set-user-id and set-group-id bits of files whose owner differs:"
          + " this needs root";
  private static final String NO_QUOTA =
      "quota project ids of links, devices, fifos and sockets are not restored";
  private static final String NO_OTHER_FLAGS =
      "flags of btrfs subvolumes and others that no file system here has are not restored";

  @FunctionalInterface
  private interface Call {
    void run() throws PosixException;
  }

  private final Posix posix;
  private final TreeCount count;
  private final Set<MetadataPart> ignored;
  private final boolean root;

  /**
   * @param ignored is not set
   */
  MetadataRestore(Posix posix, TreeCount count, Set<MetadataPart> ignored) {
    this.ignored = ignored;
    this.posix = posix;
    this.count = count;
    this.root = posix.isRoot();
  }

  /** Flags that have to be there before content is written. */
  void start(int handle, Node node, Bytes path) {
    addFlags(handle, FileFlags.early(node.stat().flags()), path);
  }

  /** For a file or directory that is open, with its content complete. */
  void finish(int handle, Node node, Bytes path) {
    PxarStat stat = node.stat();
    boolean owned = owner(path, () -> posix.setOwner(handle, stat.uid(), stat.gid()));
    for (Xattr xattr : wantedXattrs(node)) {
      attempt(path, xattr, () -> posix.setXattr(handle, xattr.name(), xattr.value()));
    }
    if (!ignored.contains(MetadataPart.PERMISSIONS)) {
      attempt(path, "mode", () -> posix.setMode(handle, permissions(stat, owned)));
    }
    attempt(
        path,
        "modification time",
        () -> posix.setModifyTime(handle, stat.modifySeconds(), stat.modifyNanos()));
    Long project = node.metadata().quotaProject();
    if (project != null) {
      attempt(
          path,
          "quota project id " + project,
          () -> posix.setQuotaProject(handle, project.intValue()));
    }
    otherFlags(handle, stat.flags(), path);
    addFlags(handle, FileFlags.late(stat.flags()), path);
  }

  private void otherFlags(int handle, long flags, Bytes path) {
    if (FileFlags.hasFat(flags)) {
      attempt(
          path,
          "FAT attributes",
          () -> posix.setFatAttributes(handle, FileFlags.fat(flags, posix.fatAttributes(handle))));
    }
    if (FileFlags.hasOthers(flags)) {
      count.warnOnce(NO_OTHER_FLAGS);
    }
  }

  /** For a symbolic link, fifo, socket or device: set by name, never through it. */
  void finishSpecial(int directory, Node node, Bytes path) {
    Bytes name = node.name();
    PxarStat stat = node.stat();
    boolean owned = owner(path, () -> posix.setOwner(directory, name, stat.uid(), stat.gid()));
    for (Xattr xattr : wantedXattrs(node)) {
      attempt(path, xattr, () -> posix.setXattr(directory, name, xattr.name(), xattr.value()));
    }
    boolean hasMode = stat.type() != FileMode.SYMLINK; // whose mode means nothing to Linux
    if (hasMode && !ignored.contains(MetadataPart.PERMISSIONS)) {
      attempt(path, "mode", () -> setModeOfNode(directory, name, permissions(stat, owned)));
    }
    attempt(
        path,
        "modification time",
        () -> posix.setModifyTime(directory, name, stat.modifySeconds(), stat.modifyNanos()));
    noQuota(node);
  }

  private void setModeOfNode(int directory, Bytes name, int permissions) throws PosixException {
    int handle = posix.open(directory, name, OpenFlags.PATH_ONLY | OpenFlags.NO_FOLLOW, 0);
    try {
      if (posix.stat(handle).type() != FileMode.SYMLINK) {
        posix.setModeOfNode(handle, permissions);
      }
    } finally {
      posix.close(handle);
    }
  }

  // A set-id bit belongs to its owner: under another one it would grant something else.
  private static int permissions(PxarStat stat, boolean owned) {
    return owned ? stat.permissions() : stat.permissions() & ~FileMode.SET_ID_MASK;
  }

  private List<Xattr> wantedXattrs(Node node) {
    return node.metadata().toSet(node.stat().mode()).stream()
        .filter(xattr -> !ignored.contains(part(xattr)))
        .toList();
  }

  private static MetadataPart part(Xattr xattr) {
    boolean list = xattr.name().equals(PosixAcl.ACCESS) || xattr.name().equals(PosixAcl.DEFAULT);
    return list ? MetadataPart.ACCESS_LISTS : MetadataPart.XATTRS;
  }

  private boolean owner(Bytes path, Call call) {
    if (ignored.contains(MetadataPart.OWNERSHIP)) {
      return false;
    }
    try {
      call.run();
      return true;
    } catch (PosixException e) {
      if (root) {
        count.warn(path + ": owner not restored: " + e.reason());
      } else {
        count.warnOnce(OWNERS_NEED_ROOT);
      }
      return false;
    }
  }

  private void addFlags(int handle, int flags, Bytes path) {
    if (flags != 0) {
      attempt(
          path,
          "file attributes (chattr)",
          () -> posix.setAttributeFlags(handle, posix.attributeFlags(handle) | flags));
    }
  }

  private void noQuota(Node node) {
    if (node.metadata().quotaProject() != null) {
      count.warnOnce(NO_QUOTA);
    }
  }

  private void attempt(Bytes path, Xattr xattr, Call call) {
    attempt(path, "extended attribute '" + xattr.name() + "'", call);
  }

  private void attempt(Bytes path, String what, Call call) {
    try {
      call.run();
    } catch (PosixException e) {
      count.warn((path.isEmpty() ? "." : path) + ": " + what + " not restored: " + e.reason());
    }
  }
}
