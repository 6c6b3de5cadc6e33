package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.testing.MemoryPayload;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An archive that was read, written again with our writer. */
record Reencoding(Bytes archive, Bytes payload) {

  static Reencoding of(byte[] archive) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PxarReader reader = new PxarReader(new ByteArrayInputStream(archive));
    copy(reader, new PxarWriter(out), false);
    return new Reencoding(Bytes.of(out.toByteArray()), Bytes.EMPTY);
  }

  /** All files written into a new payload stream. */
  static Reencoding fresh(byte[] metadata, byte[] payload) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream payloadOut = new ByteArrayOutputStream();
    PxarReader reader =
        new PxarReader(
            new ByteArrayInputStream(metadata),
            "metadata",
            new PayloadStream(new ByteArrayInputStream(payload), "payload"));
    PxarEntry root = reader.next();
    copy(root, reader, new PxarWriter(out, new MemoryPayload(payloadOut), reader.prelude()), false);
    return new Reencoding(Bytes.of(out.toByteArray()), Bytes.of(payloadOut.toByteArray()));
  }

  /** All files by their references. */
  static Reencoding referring(byte[] metadata) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PxarReader reader = new PxarReader(new ByteArrayInputStream(metadata));
    PxarEntry root = reader.next();
    PayloadSink none = new MemoryPayload(new ByteArrayOutputStream());
    copy(root, reader, new PxarWriter(out, none, reader.prelude()), true);
    return new Reencoding(Bytes.of(out.toByteArray()), Bytes.EMPTY);
  }

  private static void copy(PxarReader from, PxarWriter to, boolean refer) throws IOException {
    copy(from.next(), from, to, refer);
  }

  static void copy(@Nullable PxarEntry root, PxarReader from, PxarWriter to, boolean refer)
      throws IOException {
    for (PxarEntry entry = root; entry != null; entry = from.next()) {
      switch (entry) {
        case PxarEntry.Directory each when each.name().isEmpty() ->
            to.startRoot(each.stat(), each.metadata());
        case PxarEntry.Directory each ->
            to.startDirectory(each.name(), each.stat(), each.metadata());
        case PxarEntry.DirectoryEnd _ -> to.endDirectory();
        case PxarEntry.RegularFile each when refer ->
            to.reused(
                each.name(), each.stat(), each.metadata(), each.bytes(), each.payloadPosition());
        case PxarEntry.RegularFile each ->
            to.file(each.name(), each.stat(), each.metadata(), each.bytes(), from.content());
        case PxarEntry.HardLink each ->
            to.hardLink(each.name(), each.targetPosition(), each.path());
        case PxarEntry.Symlink each ->
            to.symlink(each.name(), each.stat(), each.metadata(), each.target());
        case PxarEntry.Device each ->
            to.device(each.name(), each.stat(), each.metadata(), each.major(), each.minor());
        case PxarEntry.Fifo each -> to.special(each.name(), each.stat(), each.metadata());
        case PxarEntry.Socket each -> to.special(each.name(), each.stat(), each.metadata());
      }
    }
    to.finish();
  }
}
