package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;

/**
 * The name of a file of a snapshot as the server stores it: {@code root.pxar.didx}, {@code
 * drive.img.fidx}, {@code a.conf.blob}.
 */
public record ArchiveName(String text) implements Comparable<ArchiveName> {
  public static final ArchiveName MANIFEST = new ArchiveName("index.json.blob");
  public static final ArchiveName CLIENT_LOG = new ArchiveName("client.log.blob");

  /** The encryption key of the backup, wrapped with a master key (spec/formats.md §3.3). */
  public static final ArchiveName WRAPPED_KEY = new ArchiveName("rsa-encrypted.key.blob");

  /** What is in the file, told by its last extension. */
  public enum Kind {
    FIXED_INDEX,
    DYNAMIC_INDEX,
    BLOB
  }

  public ArchiveName {
    SafeId.require(text, "archive name");
    kindOf(text);
  }

  public Kind kind() {
    return kindOf(text);
  }

  public boolean isIndex() {
    return kind() != Kind.BLOB;
  }

  private static Kind kindOf(String text) {
    if (text.endsWith(".fidx")) {
      return Kind.FIXED_INDEX;
    }
    if (text.endsWith(".didx")) {
      return Kind.DYNAMIC_INDEX;
    }
    if (text.endsWith(".blob")) {
      return Kind.BLOB;
    }
    throw BackupException.invalid("unknown archive type: \"" + text + "\"");
  }

  @Override
  public int compareTo(ArchiveName other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
