package dev.holdfast.meshconfig;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * A mapping, read: keys that are doubled or unknown were noted, the rest is here by name.
 *
 * @param all in the order of the file
 */
record Fields(Field self, Map<String, Field> all, Map<String, Origin> keyOrigins) {

  /**
   * Reads the keys, noting what is wrong with them.
   *
   * @param known keys that may appear; empty = any
   */
  static Fields read(MappingNode mapping, String path, List<String> known, Problems problems) {
    Map<String, Field> all = new LinkedHashMap<>();
    Map<String, Origin> origins = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      Origin at = problems.origin(tuple.getKeyNode().getStartMark());
      if (!(tuple.getKeyNode() instanceof ScalarNode scalar)) {
        problems.add(at, path, "a list or mapping as a key", "a word", "");
        continue;
      }
      String key = scalar.getValue();
      String keyPath = path.isEmpty() ? key : path + "." + Field.shorten(key);
      Origin before = origins.putIfAbsent(key, at);
      if (before != null) {
        String found = "the key '" + Field.shorten(key) + "' a second time";
        problems.add(at, keyPath, found, "each key once", "The first is in line " + before.line());
      } else if (!known.isEmpty() && !known.contains(key)) {
        problems.add(
            at,
            keyPath,
            "the unknown key '" + Field.shorten(key) + "'",
            "one of " + String.join(", ", known),
            Suggestion.didYouMean(key, known));
      } else {
        all.put(key, new Field(tuple.getValueNode(), keyPath, problems));
      }
    }
    return new Fields(new Field(mapping, path, problems), all, origins);
  }

  Optional<Field> get(String key) {
    return Optional.ofNullable(all.get(key));
  }

  /** Notes a missing key. */
  Optional<Field> require(String key, String expected) {
    Field field = all.get(key);
    if (field == null && !keyOrigins.containsKey(key)) {
      problems().add(origin(), path(key), "no key '" + key + "'", expected, "");
    }
    return Optional.ofNullable(field);
  }

  String path(String key) {
    return self.path().isEmpty() ? key : self.path() + "." + key;
  }

  Origin keyOrigin(String key) {
    return keyOrigins.getOrDefault(key, origin());
  }

  Origin origin() {
    return self.origin();
  }

  Problems problems() {
    return self.problems();
  }
}
