package dev.holdfast.chunkstore.pxar;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/**
 * What a split archive says before its root: the exclude patterns of the command line, as real
 * clients write them (spec/formats.md §6.7).
 *
 * <pre>
 *   {"exclude-patterns":"*.bak\n!/keep.bak\n"}
 * </pre>
 */
final class ArchivePrelude {
  private static final JsonFactory JSON = new JsonFactory();

  private ArchivePrelude() {}

  /** Empty without patterns: there is no prelude then. */
  static Bytes of(ExcludePatterns patterns) {
    if (patterns.isEmpty()) {
      return Bytes.EMPTY;
    }
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("exclude-patterns", patterns.text());
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("a text in memory takes everything", e);
    }
    return Bytes.of(text.toString());
  }
}
