package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.PxarAcl.Named;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * POSIX lists as the kernel hands them out in {@code system.posix_acl_access} and {@code
 * system.posix_acl_default}.
 *
 * <pre>
 * value := version u32 = 2, entry*              entries sorted by tag, then id
 * entry := tag u16, permissions u16, id u32     id all ones where the tag has none
 * </pre>
 *
 * <p>Source: Linux include/uapi/linux/posix_acl_xattr.h and posix_acl.h.
 */
final class PosixAcl {
  static final Bytes ACCESS = Bytes.of("system.posix_acl_access");
  static final Bytes DEFAULT = Bytes.of("system.posix_acl_default");

  private static final int VERSION = 2;
  private static final int VERSION_BYTES = 4;
  private static final int ENTRY_BYTES = 8;
  private static final int USER_OBJECT = 0x01;
  private static final int USER = 0x02;
  private static final int GROUP_OBJECT = 0x04;
  private static final int GROUP = 0x08;
  private static final int MASK = 0x10;
  private static final int OTHER = 0x20;
  private static final int NO_ID = -1;
  private static final int PERMISSIONS = 7;

  private final List<Named> users = new ArrayList<>();
  private final List<Named> groups = new ArrayList<>();
  private @Nullable Integer user;
  private @Nullable Integer group;
  private @Nullable Integer mask;
  private @Nullable Integer other;

  private PosixAcl() {}

  /** From the values of the two attributes. INVALID_INPUT for what the kernel never hands out. */
  static PxarAcl decode(@Nullable Bytes access, @Nullable Bytes defaults) {
    PosixAcl own = access == null ? new PosixAcl() : parse(access);
    PosixAcl inherited = defaults == null ? new PosixAcl() : parse(defaults);
    boolean masked = own.mask != null; // otherwise the mode says everything
    return new PxarAcl(
        masked ? own.users : List.of(),
        masked ? own.groups : List.of(),
        masked ? own.group : null,
        defaults == null
            ? null
            : new PxarAcl.Defaults(
                inherited.user, inherited.group, inherited.other, inherited.mask),
        inherited.users,
        inherited.groups);
  }

  private static PosixAcl parse(Bytes value) {
    ByteBuffer in = value.buffer().order(ByteOrder.LITTLE_ENDIAN);
    if (in.remaining() < VERSION_BYTES
        || (in.remaining() - VERSION_BYTES) % ENTRY_BYTES != 0
        || in.getInt() != VERSION) {
      throw BackupException.invalid(
          "access list of " + value.length() + " bytes is not of version " + VERSION);
    }
    PosixAcl acl = new PosixAcl();
    while (in.hasRemaining()) {
      int tag = in.getShort();
      int permissions = in.getShort() & PERMISSIONS;
      int id = in.getInt();
      switch (tag) {
        case USER_OBJECT -> acl.user = permissions;
        case USER -> acl.users.add(new Named(id, permissions));
        case GROUP_OBJECT -> acl.group = permissions;
        case GROUP -> acl.groups.add(new Named(id, permissions));
        case MASK -> acl.mask = permissions;
        case OTHER -> acl.other = permissions;
        default -> throw BackupException.invalid("access list has unknown tag " + tag);
      }
    }
    return acl;
  }

  /** The value to set for the access list, or null when the mode says everything. */
  static @Nullable Bytes access(PxarAcl acl, int mode) {
    if (!acl.hasAccess()) {
      return null;
    }
    int maskInMode = (mode >> 3) & PERMISSIONS;
    Integer group = acl.groupObject();
    return encode(
        (mode >> 6) & PERMISSIONS,
        acl.users(),
        group == null ? maskInMode : group,
        acl.groups(),
        maskInMode,
        mode & PERMISSIONS);
  }

  /** The value to set for the default list, or null when there is none. */
  static @Nullable Bytes defaults(PxarAcl acl) {
    if (!acl.hasDefault()) {
      return null;
    }
    PxarAcl.Defaults unnamed = acl.defaults();
    if (unnamed == null) {
      unnamed = new PxarAcl.Defaults(null, null, null, null);
    }
    Integer group = unnamed.group();
    Integer mask = unnamed.mask();
    if (mask == null && (!acl.defaultUsers().isEmpty() || !acl.defaultGroups().isEmpty())) {
      mask = PERMISSIONS; // the kernel refuses named entries without one
    }
    return encode(
        orNone(unnamed.user()),
        acl.defaultUsers(),
        orNone(group),
        acl.defaultGroups(),
        mask,
        orNone(unnamed.other()));
  }

  private static int orNone(@Nullable Integer permissions) {
    return permissions == null ? 0 : permissions;
  }

  private static Bytes encode(
      int user,
      List<Named> users,
      int group,
      List<Named> groups,
      @Nullable Integer mask,
      int other) {
    int entries = 3 + users.size() + groups.size() + (mask == null ? 0 : 1);
    ByteBuffer out =
        ByteBuffer.allocate(VERSION_BYTES + entries * ENTRY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(VERSION);
    put(out, USER_OBJECT, user, NO_ID);
    users.forEach(named -> put(out, USER, named.permissions(), named.id()));
    put(out, GROUP_OBJECT, group, NO_ID);
    groups.forEach(named -> put(out, GROUP, named.permissions(), named.id()));
    if (mask != null) {
      put(out, MASK, mask, NO_ID);
    }
    put(out, OTHER, other, NO_ID);
    return Bytes.of(out.array());
  }

  private static void put(ByteBuffer out, int tag, int permissions, int id) {
    out.putShort((short) tag).putShort((short) permissions).putInt(id);
  }
}
