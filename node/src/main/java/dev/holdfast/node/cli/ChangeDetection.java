package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;

/** How a backup of a directory finds what is new since the last one (spec/protocols.md §5.3). */
enum ChangeDetection {
  /** Everything is read, into one stream. */
  LEGACY("legacy"),
  /** Everything is read, into a split archive. */
  DATA("data"),
  /** Files whose metadata is that of the last backup are not read. */
  METADATA("metadata");

  private final String text;

  ChangeDetection(String text) {
    this.text = text;
  }

  static ChangeDetection parse(String text) {
    for (ChangeDetection mode : values()) {
      if (mode.text.equals(text)) {
        return mode;
      }
    }
    throw BackupException.invalid(
        "unknown change detection mode '" + text + "': expected legacy, data or metadata");
  }

  @Override
  public String toString() {
    return text;
  }
}
