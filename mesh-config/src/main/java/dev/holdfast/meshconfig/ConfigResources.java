package dev.holdfast.meshconfig;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Texts that come with the module: the JSON Schema for editors, and files to begin with. */
public final class ConfigResources {
  /** Names of the examples, without {@code .yaml}. */
  public static final List<String> EXAMPLES =
      List.of(
          "one-site",
          "two-sites-lyon",
          "two-sites-paris",
          "three-sites-lyon",
          "three-sites-paris",
          "three-sites-central");

  private ConfigResources() {}

  /** The schema of mesh.yaml, JSON Schema 2020-12. */
  public static String schema() {
    return text("mesh.schema.json");
  }

  /** An example by its name in {@link #EXAMPLES}. */
  public static String example(String name) {
    return text("examples/" + name + ".yaml");
  }

  private static String text(String name) {
    try (InputStream in = ConfigResources.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new AssertionError("resource " + name + " is part of this module");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
