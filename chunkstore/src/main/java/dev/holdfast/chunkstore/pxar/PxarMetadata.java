package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.util.ArrayList;
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

  private static final Bytes CAPABILITY = Bytes.of("security.capability");
  private static final List<Bytes> STORED_PREFIXES =
      List.of(Bytes.of("user."), Bytes.of("trusted."), Bytes.of("security."));

  /** Whether an archive can hold an attribute of this name. */
  static boolean hasPlace(Bytes name) {
    return name.equals(PosixAcl.ACCESS)
        || name.equals(PosixAcl.DEFAULT)
        || STORED_PREFIXES.stream().anyMatch(name::startsWith);
  }

  /** From all attributes that the kernel lists; those of other name spaces are left out. */
  static PxarMetadata of(List<Xattr> listed, @Nullable Long quotaProject) {
    if (listed.isEmpty() && quotaProject == null) {
      return NONE;
    }
    List<Xattr> plain = new ArrayList<>();
    Bytes access = null;
    Bytes defaults = null;
    Bytes capabilities = null;
    for (Xattr xattr : listed) {
      Bytes name = xattr.name();
      if (name.equals(CAPABILITY)) {
        capabilities = xattr.value();
      } else if (name.equals(PosixAcl.ACCESS)) {
        access = xattr.value();
      } else if (name.equals(PosixAcl.DEFAULT)) {
        defaults = xattr.value();
      } else if (STORED_PREFIXES.stream().anyMatch(name::startsWith)) {
        plain.add(xattr);
      }
    }
    return new PxarMetadata(plain, PosixAcl.decode(access, defaults), capabilities, quotaProject);
  }

  /** What a restore has to set on a file of this mode, in this order. */
  public List<Xattr> toSet(int mode) {
    List<Xattr> all = new ArrayList<>(xattrs);
    Bytes access = PosixAcl.access(acl, mode);
    if (access != null) {
      all.add(new Xattr(PosixAcl.ACCESS, access));
    }
    Bytes defaults = PosixAcl.defaults(acl);
    if (defaults != null) {
      all.add(new Xattr(PosixAcl.DEFAULT, defaults));
    }
    if (capabilities != null) {
      all.add(new Xattr(CAPABILITY, capabilities));
    }
    return all;
  }
}
