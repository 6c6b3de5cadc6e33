package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * POSIX access control lists as the kernel shows them, in two extended attributes:
 *
 * <pre>
 * value := version u32 (2), entry*
 * entry := tag u16, permissions u16, id u32 (all ones where it means nothing)
 * </pre>
 *
 * All little-endian. Source: Linux include/uapi/linux/posix_acl_xattr.h and posix_acl.h.
 */
final class AclXattr {
  static final Bytes ACCESS = Bytes.of("system.posix_acl_access");
  static final Bytes DEFAULT = Bytes.of("system.posix_acl_default");

  private static final int VERSION = 2;
  private static final int VERSION_BYTES = 4;
  private static final int ENTRY_BYTES = 8;
  private static final int NO_ID = -1;
  private static final int USER_OBJECT = 0x01;
  private static final int USER = 0x02;
  private static final int GROUP_OBJECT = 0x04;
  private static final int GROUP = 0x08;
  private static final int MASK = 0x10;
  private static final int OTHER = 0x20;

  private record Entry(int tag, int permissions, int id) {}

  private AclXattr() {}

  /**
   * What an archive stores of the two lists; either may be null. A list that is not understood
   * counts as none.
   */
  static PxarAcl decode(@Nullable Bytes access, @Nullable Bytes defaults) {
    List<Entry> accessEntries = entries(access);
    List<Entry> defaultEntries = entries(defaults);
    // Without a mask the mode says everything.
    boolean masked = find(accessEntries, MASK) != null;
    return new PxarAcl(
        named(accessEntries, USER),
        named(accessEntries, GROUP),
        masked ? find(accessEntries, GROUP_OBJECT) : null,
        defaultEntries.isEmpty()
            ? null
            : new PxarAcl.Defaults(
                find(defaultEntries, USER_OBJECT),
                find(defaultEntries, GROUP_OBJECT),
                find(defaultEntries, OTHER),
                find(defaultEntries, MASK)),
        named(defaultEntries, USER),
        named(defaultEntries, GROUP));
  }

  private static List<Entry> entries(@Nullable Bytes value) {
    List<Entry> entries = new ArrayList<>();
    if (value == null || value.length() < VERSION_BYTES) {
      return entries;
    }
    ByteBuffer buffer = value.buffer().order(ByteOrder.LITTLE_ENDIAN);
    if (buffer.getInt() != VERSION) {
      return entries;
    }
    while (buffer.remaining() >= ENTRY_BYTES) {
      entries.add(new Entry(buffer.getShort(), buffer.getShort() & 7, buffer.getInt()));
    }
    return entries;
  }

  private static @Nullable Integer find(List<Entry> entries, int tag) {
    return entries.stream()
        .filter(e -> e.tag == tag)
        .map(Entry::permissions)
        .findFirst()
        .orElse(null);
  }

  private static List<PxarAcl.Named> named(List<Entry> entries, int tag) {
    return entries.stream()
        .filter(e -> e.tag == tag)
        .map(e -> new PxarAcl.Named(e.id, e.permissions))
        .toList();
  }

  /**
   * The access list of a file.
   *
   * @param mode whose group bits are the mask
   */
  static Bytes access(PxarAcl acl, int mode) {
    List<Entry> entries = new ArrayList<>();
    entries.add(new Entry(USER_OBJECT, (mode >> 6) & 7, NO_ID));
    addNamed(entries, USER, acl.users());
    Integer groupObject = acl.groupObject();
    entries.add(
        new Entry(GROUP_OBJECT, groupObject == null ? (mode >> 3) & 7 : groupObject, NO_ID));
    addNamed(entries, GROUP, acl.groups());
    entries.add(new Entry(MASK, (mode >> 3) & 7, NO_ID));
    entries.add(new Entry(OTHER, mode & 7, NO_ID));
    return encode(entries);
  }

  static Bytes defaults(PxarAcl acl) {
    PxarAcl.Defaults unnamed = acl.defaults();
    List<Entry> entries = new ArrayList<>();
    addObject(entries, USER_OBJECT, unnamed == null ? null : unnamed.user());
    addNamed(entries, USER, acl.defaultUsers());
    addObject(entries, GROUP_OBJECT, unnamed == null ? null : unnamed.group());
    addNamed(entries, GROUP, acl.defaultGroups());
    addObject(entries, MASK, unnamed == null ? null : unnamed.mask());
    addObject(entries, OTHER, unnamed == null ? null : unnamed.other());
    return encode(entries);
  }

  private static void addObject(List<Entry> entries, int tag, @Nullable Integer permissions) {
    if (permissions != null) {
      entries.add(new Entry(tag, permissions, NO_ID));
    }
  }

  // The kernel refuses named entries that are not sorted by id.
  private static void addNamed(List<Entry> entries, int tag, List<PxarAcl.Named> named) {
    named.stream()
        .sorted(Comparator.comparing(PxarAcl.Named::id, Integer::compareUnsigned))
        .forEach(n -> entries.add(new Entry(tag, n.permissions(), n.id())));
  }

  private static Bytes encode(List<Entry> entries) {
    ByteBuffer buffer =
        ByteBuffer.allocate(VERSION_BYTES + entries.size() * ENTRY_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(VERSION);
    for (Entry entry : entries) {
      buffer.putShort((short) entry.tag).putShort((short) entry.permissions).putInt(entry.id);
    }
    return Bytes.of(buffer.array());
  }
}
