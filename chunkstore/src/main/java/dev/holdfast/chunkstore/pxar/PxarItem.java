package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;

/**
 * One item of an archive (grammar: {@link PxarFormat}). Numbers are as they were read; the content
 * of {@link Payload}, {@link Goodbye} and {@link Prelude} stays in the stream.
 */
public sealed interface PxarItem {
  Header header();

  /**
   * Where an item stands.
   *
   * @param bytes full size, with the 16 bytes of the header
   */
  record Header(long position, long type, long bytes) {
    public long contentBytes() {
      return bytes - PxarFormat.HEADER_BYTES;
    }
  }

  record FormatVersion(Header header, long version) implements PxarItem {}

  record Prelude(Header header) implements PxarItem {}

  record Entry(Header header, PxarStat stat) implements PxarItem {}

  record Filename(Header header, Bytes name) implements PxarItem {}

  record Symlink(Header header, Bytes target) implements PxarItem {}

  record HardLink(Header header, long distance, Bytes path) implements PxarItem {}

  record Device(Header header, long major, long minor) implements PxarItem {}

  record ExtendedAttribute(Header header, Bytes name, Bytes value) implements PxarItem {}

  /** ACL_USER, ACL_GROUP, ACL_DEFAULT_USER or ACL_DEFAULT_GROUP, as the header's type says. */
  record AclNamed(Header header, long id, long permissions) implements PxarItem {}

  record AclGroupObject(Header header, long permissions) implements PxarItem {}

  record AclDefault(Header header, long user, long group, long other, long mask)
      implements PxarItem {}

  record Capabilities(Header header, Bytes value) implements PxarItem {}

  record QuotaProject(Header header, long id) implements PxarItem {}

  record Payload(Header header) implements PxarItem {}

  record PayloadReference(Header header, long offset, long bytes) implements PxarItem {}

  record Goodbye(Header header) implements PxarItem {}
}
