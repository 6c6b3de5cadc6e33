package dev.holdfast.node.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The pages at {@code /docs/api-viewer}, which show the OpenAPI document to people. They come with
 * the program, need no login, and load nothing from elsewhere.
 */
final class ApiViewer {
  private static final List<String> PLACE = List.of("docs", "api-viewer");
  private static final String FIRST = "index.html";

  /** What there is, with its content type. */
  private static final Map<String, String> FILES =
      Map.of(
          FIRST,
          "text/html;charset=UTF-8",
          "viewer.css",
          "text/css;charset=UTF-8",
          "viewer.js",
          "text/javascript;charset=UTF-8");

  private ApiViewer() {}

  /** The file that a path means, empty when it means none. */
  static Optional<String> file(List<String> components) {
    if (components.equals(PLACE)) {
      return Optional.of(FIRST);
    }
    boolean below =
        components.size() == PLACE.size() + 1 && components.subList(0, PLACE.size()).equals(PLACE);
    return Optional.of(components.isEmpty() ? "" : components.getLast())
        .filter(name -> below && FILES.containsKey(name));
  }

  /** Reads the program's files, so not on an event loop. */
  static Formatter.Answer answer(String file) {
    try (InputStream in = ApiViewer.class.getResourceAsStream("viewer/" + file)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its file viewer/" + file);
      }
      return new Formatter.Answer(
          200,
          FILES.getOrDefault(file, ""),
          new ParamInput.Body(in.readAllBytes()),
          "",
          AnswerEncoding.NONE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
