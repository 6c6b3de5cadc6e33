package dev.holdfast.node.session;

/**
 * What was uploaded for one index, or for a whole session (spec/protocols.md §4.5, finish).
 *
 * @param chunks uploads that were stored or found stored
 * @param plainBytes decoded bytes of these
 * @param encodedBytes bytes of their blobs
 * @param duplicates how many of them the store already held
 */
record UploadStatistics(long chunks, long plainBytes, long encodedBytes, long duplicates) {
  static final UploadStatistics NONE = new UploadStatistics(0, 0, 0, 0);

  UploadStatistics plus(UploadStatistics other) {
    return new UploadStatistics(
        chunks + other.chunks,
        plainBytes + other.plainBytes,
        encodedBytes + other.encodedBytes,
        duplicates + other.duplicates);
  }

  /** A blob counts by the bytes of its file, and is no chunk. */
  UploadStatistics plusBlob(long bytes) {
    return plus(new UploadStatistics(0, bytes, 0, 0));
  }
}
