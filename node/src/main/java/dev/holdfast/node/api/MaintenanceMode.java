package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.access.PercentCoding;
import dev.holdfast.node.access.PropertyString;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Why a datastore does not do all that it else does (spec/engine.md §8.3), the property string
 * {@code [type=]TYPE[,message=TEXT]}. Looked at whenever somebody begins to use the datastore;
 * whoever uses it already is not stopped.
 *
 * @param message for people, as written: quoted or percent-encoded
 */
record MaintenanceMode(Type type, String message) {
  /** Characters of the message as written. */
  static final int MESSAGE_LENGTH_MAX = 64;

  /** What people may set, for people. */
  static final String GRAMMAR =
      "read-only or offline, with ,message=TEXT of at most " + MESSAGE_LENGTH_MAX + " characters";

  enum Type {
    READ_ONLY("read-only", "read-only maintenance mode: "),
    OFFLINE("offline", "offline maintenance mode: "),
    /** Its data are being destroyed, or were to be when that broke off. */
    DELETE("delete", "datastore is being deleted"),
    UNMOUNT("unmount", "datastore is being unmounted"),
    S3_REFRESH("s3-refresh", "S3 refresh maintenance mode: ");

    private final String text;
    private final String refusal;

    Type(String text, String refusal) {
      this.text = text;
      this.refusal = refusal;
    }

    private static Type parse(@Nullable String text) {
      for (Type type : values()) {
        if (type.text.equals(text)) {
          return type;
        }
      }
      throw BackupException.invalid(
          "invalid maintenance mode '"
              + (text == null ? "" : text)
              + "', expected read-only or offline, or one that a datastore comes into by itself:"
              + " delete, unmount or s3-refresh");
    }
  }

  MaintenanceMode {
    int length = message.codePointCount(0, message.length());
    if (length > MESSAGE_LENGTH_MAX) {
      throw BackupException.invalid(
          "the message of a maintenance mode has "
              + length
              + " characters, expected at most "
              + MESSAGE_LENGTH_MAX);
    }
  }

  static MaintenanceMode parse(String text) {
    SortedMap<String, String> properties =
        PropertyString.parse(text, "type", Set.of("type", "message"));
    return new MaintenanceMode(
        Type.parse(properties.get("type")), properties.getOrDefault("message", ""));
  }

  /** What stands in the configuration of a datastore that is being destroyed. */
  static String deleting() {
    return "type=" + Type.DELETE.text;
  }

  /** Throws INVALID_INPUT for a mode that a datastore comes into and out of by itself. */
  MaintenanceMode requireChosenByPeople() {
    if (type != Type.READ_ONLY && type != Type.OFFLINE) {
      throw ParamSchema.refusal(
          "maintenance-mode",
          "maintenance mode '" + type.text + "' cannot be set, expected " + GRAMMAR);
    }
    return this;
  }

  /** Whether configuration ends it: only deleting does, by its end. */
  boolean endsOnRequest() {
    return type != Type.DELETE;
  }

  /** Whether its directory is left alone once nobody uses it, so that its disk can be taken out. */
  boolean leavesDirectory() {
    return type != Type.READ_ONLY;
  }

  /** Null when the operation is allowed. */
  @Nullable BackupException refusal(DatastoreName store, boolean writing) {
    if (type == Type.READ_ONLY && !writing) {
      return null;
    }
    boolean withMessage = type.refusal.endsWith(" ");
    return BackupException.invalid(
        "datastore '"
            + store
            + "' is unavailable: "
            + type.refusal
            + (withMessage ? PercentCoding.decode(message, false) : ""));
  }
}
