package dev.holdfast.chunkstore.pxar;

/**
 * What a restored file has besides its content and times, and may be left as it is when created.
 */
public enum MetadataPart {
  /** And with it set-user-id and set-group-id bits, which are the owner's. */
  OWNERSHIP,
  /** Files are then its restorer's alone. */
  PERMISSIONS,
  /** With capabilities, without access lists. */
  XATTRS,
  ACCESS_LISTS
}
