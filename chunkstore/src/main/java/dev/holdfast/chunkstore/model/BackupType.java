package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.Locale;

/**
 * What was backed up. Declared in the order in which PBS lists them: ct, host, vm (spec/formats.md
 * §1.2).
 */
public enum BackupType {
  CT,
  HOST,
  VM;

  public static BackupType parse(String text) {
    return switch (text) {
      case "ct" -> CT;
      case "host" -> HOST;
      case "vm" -> VM;
      default ->
          throw BackupException.invalid(
              "invalid backup type '" + text + "': expected vm, ct or host");
    };
  }

  /** The name in paths and on the wire. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return text();
  }
}
