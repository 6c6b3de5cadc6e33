package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Between what the kernel lists of a file and what an archive stores: capabilities and access
 * control lists have items of their own, and of other attributes only three name spaces are kept
 * (spec/formats.md §6.4).
 */
final class FileMetadata {
  static final Bytes CAPABILITIES = Bytes.of("security.capability");
  private static final List<Bytes> KEPT =
      List.of(Bytes.of("user."), Bytes.of("trusted."), Bytes.of("security."));

  private FileMetadata() {}

  static PxarMetadata of(List<Xattr> listed) {
    if (listed.isEmpty()) {
      return PxarMetadata.NONE;
    }
    List<Xattr> kept = new ArrayList<>();
    for (Xattr xattr : listed) {
      boolean own = xattr.name().equals(CAPABILITIES);
      if (!own && KEPT.stream().anyMatch(xattr.name()::startsWith)) {
        kept.add(xattr);
      }
    }
    Bytes access = value(listed, AclXattr.ACCESS);
    Bytes defaults = value(listed, AclXattr.DEFAULT);
    PxarAcl acl =
        access == null && defaults == null ? PxarAcl.NONE : AclXattr.decode(access, defaults);
    return new PxarMetadata(kept, acl, value(listed, CAPABILITIES), null);
  }

  /** What is to be set on a restored file. */
  static List<Xattr> toSet(PxarMetadata metadata, PxarStat stat) {
    List<Xattr> all = new ArrayList<>(metadata.xattrs());
    if (metadata.acl().hasAccess()) {
      all.add(new Xattr(AclXattr.ACCESS, AclXattr.access(metadata.acl(), stat.mode())));
    }
    if (metadata.acl().hasDefault()) {
      all.add(new Xattr(AclXattr.DEFAULT, AclXattr.defaults(metadata.acl())));
    }
    Bytes capabilities = metadata.capabilities();
    if (capabilities != null) {
      all.add(new Xattr(CAPABILITIES, capabilities));
    }
    return all;
  }

  private static @Nullable Bytes value(List<Xattr> listed, Bytes name) {
    return listed.stream()
        .filter(x -> x.name().equals(name))
        .map(Xattr::value)
        .findFirst()
        .orElse(null);
  }
}
