package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts into the body of a call what was given on the command line; what was not stays out. */
final class Given {
  private Given() {}

  static void put(ObjectNode body, String name, @Nullable String value) {
    if (value != null) {
      body.put(name, value);
    }
  }

  static void put(ObjectNode body, String name, @Nullable Integer value) {
    if (value != null) {
      body.put(name, value);
    }
  }

  static void put(ObjectNode body, String name, @Nullable Boolean value) {
    if (value != null) {
      body.put(name, value);
    }
  }

  static void put(ObjectNode body, String name, @Nullable List<String> values) {
    if (values != null) {
      values.forEach(body.putArray(name)::add);
    }
  }
}
