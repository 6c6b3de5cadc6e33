package dev.holdfast.chunkstore.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Finds the data recorded from real peers, {@code shared/vectors} beside this project or above it.
 *
 * <p>Where it is absent a test is skipped and says so; under {@code CI=true} it fails, since there
 * the data has to be present.
 */
public final class Vectors {
  private static final JsonMapper JSON = new JsonMapper();

  private Vectors() {}

  /** The directory of the vectors; ends the test when there is none. */
  public static Path require() {
    Path start = Path.of("").toAbsolutePath();
    for (Path at = start; at != null; at = at.getParent()) {
      Path candidate = at.resolve("shared").resolve("vectors");
      if (Files.isRegularFile(candidate.resolve("README.md"))) {
        return candidate;
      }
    }
    String reason = "no shared/vectors in " + start + " or above it";
    if ("true".equals(System.getenv("CI"))) {
      return Assertions.fail(reason);
    }
    return Assumptions.abort(reason);
  }

  /** One file of the vectors, such as {@code pbs-3.2.4/chunker.json}. */
  public static Path file(String relativePath) {
    return require().resolve(relativePath);
  }

  /** A JSON file of the vectors. */
  public static JsonNode json(String relativePath) throws IOException {
    return JSON.readTree(Files.readAllBytes(file(relativePath)));
  }

  /** A file of the vectors that has one JSON value per line. */
  public static List<JsonNode> jsonLines(String relativePath) throws IOException {
    List<JsonNode> values = new ArrayList<>();
    for (String line : Files.readAllLines(file(relativePath))) {
      if (!line.isBlank()) {
        values.add(JSON.readTree(line));
      }
    }
    return values;
  }

  /**
   * Unpacks a {@code .tar.zst} of the vectors into a directory that exists: files and directories
   * with mode and modification time, not the owner. Returns the target.
   */
  public static Path unpack(String relativePath, Path target) throws IOException {
    try (InputStream packed = new BufferedInputStream(Files.newInputStream(file(relativePath)));
        InputStream tar = new BufferedInputStream(new ZstdInputStreamNoFinalizer(packed))) {
      Tar.unpack(tar, target);
    }
    return target;
  }
}
