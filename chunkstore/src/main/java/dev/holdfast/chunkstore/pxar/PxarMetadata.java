package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The optional part of an entry's metadata.
 *
 * @param xattrs {@code user.}, {@code trusted.} and {@code security.} ones, in the kernel's order,
 *     without the two that have items of their own
 * @param capabilities value of {@code security.capability}
 * @param quotaProject project id of ext4 and xfs quotas, null when none
 */
public record PxarMetadata(
    List<Xattr> xattrs, PxarAcl acl, @Nullable Bytes capabilities, @Nullable Long quotaProject) {
  public static final PxarMetadata NONE = new PxarMetadata(List.of(), PxarAcl.NONE, null, null);

  public PxarMetadata {
    xattrs = List.copyOf(xattrs);
  }
}
