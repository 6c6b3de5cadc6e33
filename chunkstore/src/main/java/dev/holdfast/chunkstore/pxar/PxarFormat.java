package dev.holdfast.chunkstore.pxar;

/**
 * The constants of pxar, versions 1 and 2. All numbers are little-endian; nothing is padded or
 * aligned.
 *
 * <pre>
 * item     := type u64, full size u64 (with these 16 bytes), content
 * archive  := root-dir                                  version 1
 *           | FORMAT_VERSION(2) [PRELUDE] root-dir      version 2: the metadata of a split archive
 * root-dir := ENTRY meta* dir-body
 * dir-body := child* GOODBYE
 * child    := FILENAME ( ENTRY meta* body | HARDLINK )
 * body     := PAYLOAD      regular file of version 1, also an empty one
 *           | PAYLOAD_REF  regular file of version 2
 *           | SYMLINK      symbolic link
 *           | DEVICE       block or character device
 *           | (nothing)    fifo, socket
 *           | dir-body     directory
 * meta*    := XATTR* ACL_USER* ACL_GROUP* [ACL_GROUP_OBJ] [ACL_DEFAULT]
 *             ACL_DEFAULT_USER* ACL_DEFAULT_GROUP* [FCAPS] [QUOTA_PROJID]
 *
 * FILENAME, SYMLINK := bytes, 00
 * HARDLINK          := u64 distance back to the first link's FILENAME, its path, 00
 * ENTRY             := mode u64, flags u64, uid u32, gid u32, mtime i64 s, mtime u32 ns, 0 u32
 * ENTRY_V1          := mode u64, flags u64, uid u32, gid u32, mtime u64 ns
 * DEVICE            := major u64, minor u64
 * XATTR             := name, 00, value
 * ACL_…USER, …GROUP := id u64, permissions u64
 * ACL_GROUP_OBJ     := permissions u64
 * ACL_DEFAULT       := user, group, other, mask: permissions u64, all ones = unset
 * PAYLOAD_REF       := position u64 of a PAYLOAD header in the payload stream, content size u64
 *
 * payload stream    := PAYLOAD_START_MARKER (PAYLOAD | foreign bytes)* PAYLOAD_TAIL_MARKER
 * </pre>
 *
 * <p>Foreign bytes come with chunks that are taken over from an earlier backup, so a payload stream
 * has no meaning but what references name (spec/formats.md §6.7, §6.8).
 *
 * <p>Every type is SipHash-2-4 of a name, {@code __PROXMOX_FORMAT_FILENAME__} and so on; a test
 * computes them again. Source: spec/formats.md §6.1 to §6.7.
 */
public final class PxarFormat {
  public static final long FORMAT_VERSION = 0x730f6c75df16a40dL;
  public static final long PRELUDE = 0xe309d79d9f7b771bL;
  public static final long ENTRY = 0xd5956474e588acefL;
  public static final long ENTRY_V1 = 0x11da850a1c1cceffL;
  public static final long FILENAME = 0x16701121063917b3L;
  public static final long SYMLINK = 0x27f971e7dbf5dc5fL;
  public static final long HARDLINK = 0x51269c8422bd7275L;
  public static final long DEVICE = 0x9fc9e906586d5ce9L;
  public static final long XATTR = 0x0dab0229b57dcd03L;
  public static final long ACL_USER = 0x2ce8540a457d55b8L;
  public static final long ACL_GROUP = 0x136e3eceb04c03abL;
  public static final long ACL_GROUP_OBJ = 0x10868031e9582876L;
  public static final long ACL_DEFAULT = 0xbbbb13415a6896f5L;
  public static final long ACL_DEFAULT_USER = 0xc89357b40532cd1fL;
  public static final long ACL_DEFAULT_GROUP = 0xf90a8a5816038ffeL;
  public static final long FCAPS = 0x2da9dd9db5f7fb67L;
  public static final long QUOTA_PROJID = 0xe07540e82f7d1cbbL;
  public static final long PAYLOAD = 0x28147a1b0b7c1a25L;
  public static final long PAYLOAD_REF = 0x419d3d6bc4ba977eL;
  public static final long PAYLOAD_START_MARKER = 0x834c68c2194a4ed2L;
  public static final long PAYLOAD_TAIL_MARKER = 0x6c72b78b984c81b5L;
  public static final long GOODBYE = 0x2fec4fa642d5731dL;

  /** In the hash field of a directory's last goodbye record; not an item type. */
  public static final long GOODBYE_TAIL_MARKER = 0xef5eed5b753e1555L;

  /** Of a split archive; version 1 has no version item. */
  public static final int VERSION_SPLIT = 2;

  public static final int HEADER_BYTES = 16;
  public static final int FORMAT_VERSION_BYTES = 8;
  public static final int PAYLOAD_REFERENCE_BYTES = 16;
  public static final int ENTRY_BYTES = 40;
  public static final int ENTRY_V1_BYTES = 32;
  public static final int DEVICE_BYTES = 16;
  public static final int ACL_NAMED_BYTES = 16;
  public static final int ACL_OBJECT_BYTES = 8;
  public static final int ACL_DEFAULT_BYTES = 32;
  public static final int QUOTA_PROJID_BYTES = 8;
  public static final int GOODBYE_RECORD_BYTES = 24;

  /** A file name, link target or path, without its NUL. */
  public static final int PATH_BYTES_MAX = 4096;

  /** A distance, a path and a NUL. */
  public static final int HARDLINK_BYTES_MAX = 8 + PATH_BYTES_MAX + 1;

  /** Name and value of an extended attribute, as the reference reader limits them. */
  public static final int XATTR_BYTES_MAX = 255 + 65536;

  /** Our own limit: exclude patterns of a command line. */
  public static final int PRELUDE_BYTES_MAX = 16 << 20;

  public static final int NANOS_PER_SECOND = 1_000_000_000;

  private PxarFormat() {}
}
