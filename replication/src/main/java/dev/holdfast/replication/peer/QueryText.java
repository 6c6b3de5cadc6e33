package dev.holdfast.replication.peer;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Parameters as real clients write them: sorted, form-encoded, a space as plus (spec/protocols.md
 * §1.3).
 */
final class QueryText {
  private QueryText() {}

  /** The path alone when there are no parameters. */
  static String append(String path, Map<String, String> parameters) {
    return parameters.isEmpty()
        ? path
        : new TreeMap<>(parameters)
            .entrySet().stream()
                .map(one -> encode(one.getKey()) + "=" + encode(one.getValue()))
                .collect(Collectors.joining("&", path + "?", ""));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
