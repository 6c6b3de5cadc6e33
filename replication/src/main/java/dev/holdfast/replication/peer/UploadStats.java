package dev.holdfast.replication.peer;

/**
 * What an upload has done so far.
 *
 * @param chunks entries of the archive, sent or reused
 * @param contentBytes their content
 * @param reusedChunks entries that needed no upload
 * @param reusedBytes their content: what was saved
 * @param uploadedBytes content of the chunks that were sent
 * @param encodedBytes the same as sent, compressed
 */
public record UploadStats(
    long chunks,
    long contentBytes,
    long reusedChunks,
    long reusedBytes,
    long uploadedBytes,
    long encodedBytes) {
  public static final UploadStats NONE = new UploadStats(0, 0, 0, 0, 0, 0);

  public UploadStats plus(UploadStats other) {
    return new UploadStats(
        chunks + other.chunks,
        contentBytes + other.contentBytes,
        reusedChunks + other.reusedChunks,
        reusedBytes + other.reusedBytes,
        uploadedBytes + other.uploadedBytes,
        encodedBytes + other.encodedBytes);
  }

  public long uploadedChunks() {
    return chunks - reusedChunks;
  }

  UploadStats reused(int bytes) {
    return plus(new UploadStats(1, bytes, 1, bytes, 0, 0));
  }

  UploadStats uploaded(int bytes, int encoded) {
    return plus(new UploadStats(1, bytes, 0, 0, bytes, encoded));
  }
}
