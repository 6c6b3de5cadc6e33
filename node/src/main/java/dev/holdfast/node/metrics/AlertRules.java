package dev.holdfast.node.metrics;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Rules for a Prometheus that watches nodes. */
public final class AlertRules {
  private static final String FILE = "alert-rules.yaml";

  private AlertRules() {}

  /** As a file for {@code rule_files}. */
  public static String text() throws IOException {
    try (InputStream in = AlertRules.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException("'" + FILE + "' is not in this program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
