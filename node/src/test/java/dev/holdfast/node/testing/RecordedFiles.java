package dev.holdfast.node.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.ArchiveName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Compares what a node has written with what the recorded server had written. */
public final class RecordedFiles {
  private RecordedFiles() {}

  /**
   * Every recorded file below a path of the datastore must be there, with the same content (of an
   * index: the same entries), and nothing else. Returns how many were compared.
   */
  public static int compare(Path recorded, String below, Path found) throws IOException {
    List<String> names = files(recorded, below);
    assertThat(files(found, below)).isEqualTo(names);
    for (String name : names) {
      byte[] expected = Files.readAllBytes(recorded.resolve(name));
      byte[] content = Files.readAllBytes(found.resolve(name));
      String last = name.substring(name.lastIndexOf('/') + 1);
      if (last.equals("owner")) {
        assertThat(content).isEqualTo(expected);
      } else {
        AnswerComparison.same(new ArchiveName(last), expected, content);
      }
    }
    return names.size();
  }

  private static List<String> files(Path store, String below) throws IOException {
    try (Stream<Path> tree = Files.walk(store.resolve(below))) {
      return tree.filter(Files::isRegularFile)
          .map(file -> store.relativize(file).toString())
          .sorted()
          .toList();
    }
  }
}
