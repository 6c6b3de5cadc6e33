package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts items together to entries, as the grammar of {@link PxarFormat} has it: name, stat, metadata
 * and a body that fits the mode. Knows nothing of directories around the entry.
 */
final class EntryItems {
  private static final Bytes DOT = Bytes.of(".");
  private static final Bytes DOT_DOT = Bytes.of("..");

  private final PxarItemReader items;
  private final Supplier<Bytes> where;
  private boolean split;
  private Bytes prelude = Bytes.EMPTY;
  private @Nullable PxarItem pending;
  private long entryPosition;

  /**
   * @param split the archive is known to be the metadata of a split one
   * @param where the path of what is read, for errors
   */
  EntryItems(PxarItemReader items, boolean split, Supplier<Bytes> where) {
    this.items = items;
    this.split = split;
    this.where = where;
  }

  /** From the start of an archive: version, prelude, and the entry of the root. */
  PxarEntry.Node root() throws IOException {
    PxarItem item = take();
    if (item instanceof PxarItem.FormatVersion version) {
      if (version.version() != PxarFormat.VERSION_SPLIT) {
        throw new BackupException(
                BackupException.Kind.UNSUPPORTED_VERSION,
                items.name()
                    + " has format version "
                    + Long.toUnsignedString(version.version())
                    + ", expected 2, or version 1, which has no version item")
            .advise("Read it with a newer program.");
      }
      split = true;
      item = take();
      if (item instanceof PxarItem.Prelude found) {
        prelude = content(found);
        item = take();
      }
    }
    return node(Bytes.EMPTY, item, 0);
  }

  private Bytes content(PxarItem.Prelude item) throws IOException {
    long bytes = item.header().contentBytes();
    if (bytes > PxarFormat.PRELUDE_BYTES_MAX) {
      throw corrupt(
          item, bytes + " bytes of prelude, expected at most " + PxarFormat.PRELUDE_BYTES_MAX);
    }
    return Bytes.of(items.readContent());
  }

  /** Whether files have references into a payload stream. */
  boolean isSplit() {
    return split;
  }

  /** What stands before the root of a split archive; empty when there is nothing. */
  Bytes prelude() {
    return prelude;
  }

  /** Where the ENTRY of the last node stands. */
  long entryPosition() {
    return entryPosition;
  }

  /** The entry that has this name. */
  PxarEntry child(PxarItem.Filename filename) throws IOException {
    PxarItem first = take();
    if (first instanceof PxarItem.HardLink link) {
      return hardLink(filename, link);
    }
    return node(filename.name(), first, filename.header().position());
  }

  private PxarEntry.Node node(Bytes name, PxarItem first, long position) throws IOException {
    if (!(first instanceof PxarItem.Entry entry)) {
      throw corrupt(first, name.isEmpty() ? "expected ENTRY" : "expected ENTRY or HARDLINK");
    }
    entryPosition = entry.header().position();
    PxarStat stat = entry.stat();
    MetadataItems gathered = new MetadataItems(items);
    PxarItem body = takeOrNull();
    while (body != null && gathered.add(body)) {
      body = takeOrNull();
    }
    PxarMetadata metadata = gathered.metadata();
    return switch (stat.type()) {
      case FileMode.DIRECTORY -> {
        pending = body;
        yield new PxarEntry.Directory(name, stat, metadata);
      }
      case FileMode.REGULAR -> file(name, entry, metadata, position, body);
      case FileMode.SYMLINK -> {
        if (!(body instanceof PxarItem.Symlink link)) {
          throw unfit(entry, body, "SYMLINK");
        }
        yield new PxarEntry.Symlink(name, stat, metadata, link.target());
      }
      case FileMode.BLOCK_DEVICE, FileMode.CHARACTER_DEVICE -> {
        if (!(body instanceof PxarItem.Device device)) {
          throw unfit(entry, body, "DEVICE");
        }
        yield new PxarEntry.Device(
            name, stat, metadata, number(device, device.major()), number(device, device.minor()));
      }
      case FileMode.FIFO -> {
        pending = body;
        yield new PxarEntry.Fifo(name, stat, metadata);
      }
      case FileMode.SOCKET -> {
        pending = body;
        yield new PxarEntry.Socket(name, stat, metadata);
      }
      default -> throw new AssertionError("PxarStat checks the type");
    };
  }

  private PxarEntry.RegularFile file(
      Bytes name,
      PxarItem.Entry entry,
      PxarMetadata metadata,
      long position,
      @Nullable PxarItem body) {
    if (split) {
      if (!(body instanceof PxarItem.PayloadReference reference)) {
        throw unfit(entry, body, "PAYLOAD_REF");
      }
      checkReference(reference);
      return new PxarEntry.RegularFile(
          name, entry.stat(), metadata, position, reference.bytes(), reference.offset());
    }
    if (!(body instanceof PxarItem.Payload payload)) {
      throw unfit(entry, body, "PAYLOAD");
    }
    PxarItem.Header at = payload.header();
    return new PxarEntry.RegularFile(
        name, entry.stat(), metadata, position, at.contentBytes(), at.position());
  }

  private void checkReference(PxarItem.PayloadReference reference) {
    long afterHeader = reference.offset() + PxarFormat.HEADER_BYTES;
    if (reference.offset() < PxarFormat.HEADER_BYTES
        || reference.bytes() < 0
        || afterHeader < 0
        || reference.bytes() > Long.MAX_VALUE - afterHeader) {
      throw corrupt(
          reference,
          Long.toUnsignedString(reference.bytes())
              + " bytes at "
              + Long.toUnsignedString(reference.offset())
              + " cannot be in a payload stream");
    }
  }

  private PxarEntry hardLink(PxarItem.Filename filename, PxarItem.HardLink link) {
    long position = filename.header().position();
    if (link.distance() <= 0 || link.distance() > position) {
      throw corrupt(
          link,
          "hard link leads back "
              + Long.toUnsignedString(link.distance())
              + " bytes, expected 1 to "
              + position);
    }
    return new PxarEntry.HardLink(filename.name(), position - link.distance(), link.path());
  }

  /** A name that leads nowhere but to a child. */
  void checkName(PxarItem.Filename item) {
    Bytes name = item.name();
    if (name.equals(DOT) || name.equals(DOT_DOT) || name.contains((byte) '/')) {
      throw corrupt(item, "file name '" + name + "' is not allowed");
    }
  }

  private int number(PxarItem item, long value) {
    if (Long.compareUnsigned(value, 0xffffffffL) > 0) {
      throw corrupt(item, "device number " + Long.toUnsignedString(value) + " is above 2^32-1");
    }
    return (int) value;
  }

  PxarItem take() throws IOException {
    PxarItem item = takeOrNull();
    if (item == null) {
      throw items.corrupt(
          items.position(), "the archive ends within '" + shown() + "', before its last item");
    }
    return item;
  }

  @Nullable PxarItem takeOrNull() throws IOException {
    PxarItem item = pending;
    if (item != null) {
      pending = null;
      return item;
    }
    return items.next();
  }

  private BackupException unfit(PxarItem entry, @Nullable PxarItem body, String expected) {
    return corrupt(body == null ? entry : body, "expected " + expected + " as the mode says");
  }

  BackupException corrupt(PxarItem item, String what) {
    return items
        .corrupt(
            item.header().position(),
            item.getClass().getSimpleName() + " in '" + shown() + "': " + what)
        .with("path", shown());
  }

  String shown() {
    Bytes path = where.get();
    return path.isEmpty() ? "." : path.toString();
  }
}
