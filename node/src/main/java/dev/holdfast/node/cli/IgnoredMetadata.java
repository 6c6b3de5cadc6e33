package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.pxar.MetadataPart;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Option;

/**
 * What a restore leaves as it is: for a target that cannot have it, or a user who may not set it.
 */
final class IgnoredMetadata {
  private final EnumSet<MetadataPart> ignored = EnumSet.noneOf(MetadataPart.class);

  @Option(
      names = "--ignore-ownership",
      arity = "0..1",
      description = "Do not restore owners and groups, nor set-id bits.")
  void ignoreOwnership(boolean ignore) {
    put(MetadataPart.OWNERSHIP, ignore);
  }

  @Option(
      names = "--ignore-permissions",
      arity = "0..1",
      description = "Do not restore modes: all is for its restorer alone.")
  void ignorePermissions(boolean ignore) {
    put(MetadataPart.PERMISSIONS, ignore);
  }

  @Option(
      names = "--ignore-xattrs",
      arity = "0..1",
      description = "Do not restore extended attributes and capabilities.")
  void ignoreXattrs(boolean ignore) {
    put(MetadataPart.XATTRS, ignore);
  }

  @Option(
      names = "--ignore-acls",
      arity = "0..1",
      description = "Do not restore access control lists.")
  void ignoreAccessLists(boolean ignore) {
    put(MetadataPart.ACCESS_LISTS, ignore);
  }

  private void put(MetadataPart part, boolean ignore) {
    if (ignore) {
      ignored.add(part);
    } else {
      ignored.remove(part);
    }
  }

  Set<MetadataPart> parts() {
    return ignored;
  }
}
