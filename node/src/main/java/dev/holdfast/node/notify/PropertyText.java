package dev.holdfast.node.notify;

import dev.holdfast.chunkstore.error.BackupException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A header or secret of a webhook, {@code name=NAME,value=BASE64}.
 *
 * @param value empty where only the name is told
 */
record PropertyText(String name, String value) {
  static PropertyText parse(String text) {
    String name = "";
    String value = "";
    for (String part : text.split(",", -1)) {
      String stripped = part.strip();
      if (stripped.startsWith("name=")) {
        name = stripped.substring("name=".length());
      } else if (stripped.startsWith("value=")) {
        value = decode(stripped.substring("value=".length()));
      }
    }
    if (name.isEmpty()) {
      throw BackupException.invalid("found no name, expected name=NAME,value=BASE64");
    }
    return new PropertyText(name, value);
  }

  /** Throws INVALID_INPUT without the text, which may be a secret. */
  static String decode(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT, "found a value that is not base64", null);
    }
  }

  @Override
  public String toString() {
    return "name=" + name; // the value may be a secret
  }
}
