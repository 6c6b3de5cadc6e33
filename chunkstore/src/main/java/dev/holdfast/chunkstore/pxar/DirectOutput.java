package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.io.InputStream;

/** Writes entries as they come, counts them, and tells the catalog. */
final class DirectOutput implements EntryOutput {
  private final PxarWriter writer;
  private final PxarEntrySink entries;
  private final TreeCount count;
  private boolean rootWritten;

  DirectOutput(PxarWriter writer, PxarEntrySink entries, TreeCount count) {
    this.writer = writer;
    this.entries = entries;
    this.count = count;
  }

  PxarWriter writer() {
    return writer;
  }

  @Override
  public void directory(PxarEntry.Directory directory) throws IOException {
    if (rootWritten) {
      writer.startDirectory(directory.name(), directory.stat(), directory.metadata());
    } else {
      rootWritten = true;
      writer.startRoot(directory.stat(), directory.metadata());
    }
    entries.entry(directory);
  }

  @Override
  public void endDirectory() throws IOException {
    writer.endDirectory();
    entries.entry(new PxarEntry.DirectoryEnd());
    count.directory();
  }

  @Override
  public void file(FoundFile file, InputStream content) throws IOException {
    PxarWriter.Written written =
        writer.file(file.name(), file.stat(), file.metadata(), file.bytes(), content);
    if (written.copied() < file.bytes()) {
      count.warn(
          file.path()
              + ": it shrank while it was read, "
              + (file.bytes() - written.copied())
              + " bytes were filled with zeros");
    }
    written(file, written);
  }

  /** A file whose content is in the payload stream already. */
  void reused(FoundFile file, long payloadPosition) throws IOException {
    count.bytes(file.bytes());
    written(
        file,
        writer.reused(file.name(), file.stat(), file.metadata(), file.bytes(), payloadPosition));
  }

  private void written(FoundFile file, PxarWriter.Written written) throws IOException {
    if (file.link() != null) {
      file.link().written(written.position());
    }
    entries.entry(
        new PxarEntry.RegularFile(
            file.name(),
            file.stat(),
            file.metadata(),
            written.position(),
            file.bytes(),
            written.payloadPosition()));
    count.file();
  }

  @Override
  public void hardLink(Bytes name, Bytes path, FoundFile.FirstLink first) throws IOException {
    if (!first.isWritten()) {
      count.warn(path + ": skipped, '" + first.path() + "', of which it is another name, vanished");
      return;
    }
    writer.hardLink(name, first.position(), first.path());
    entries.entry(new PxarEntry.HardLink(name, first.position(), first.path()));
    count.other();
  }

  @Override
  public void other(PxarEntry.Node node) throws IOException {
    switch (node) {
      case PxarEntry.Symlink link ->
          writer.symlink(link.name(), link.stat(), link.metadata(), link.target());
      case PxarEntry.Device device ->
          writer.device(
              device.name(), device.stat(), device.metadata(), device.major(), device.minor());
      case PxarEntry.Fifo fifo -> writer.special(fifo.name(), fifo.stat(), fifo.metadata());
      case PxarEntry.Socket socket ->
          writer.special(socket.name(), socket.stat(), socket.metadata());
      case PxarEntry.Directory _, PxarEntry.RegularFile _ ->
          throw new IllegalArgumentException("has a method of its own: " + node);
    }
    entries.entry(node);
    count.other();
  }

  @Override
  public void finish() throws IOException {
    writer.finish();
  }
}
