package dev.holdfast.meshconfig;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Recorded answers of the original, found beside the working copy. */
final class VectorJson {
  private VectorJson() {}

  /** Skips the test when the vectors are not there; under CI that is a failure. */
  static JsonNode read(String name) throws IOException {
    Path file = find(name);
    if (file == null) {
      String reason = "no shared/vectors/" + name + " above " + Path.of("").toAbsolutePath();
      Assertions.assertFalse("true".equals(System.getenv("CI")), reason);
      Assumptions.abort(reason);
      throw new AssertionError("abort does not return");
    }
    return new ObjectMapper().readTree(file.toFile());
  }

  private static @Nullable Path find(String name) {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path file = at.resolve("shared").resolve("vectors").resolve(name);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }
}
