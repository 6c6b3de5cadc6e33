package dev.holdfast.node.recorded;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.node.recorded.RecordedCall.Answer;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes back what the other recorded version does as our node does: we have to agree with one of
 * the two. A whole answer counts when the call was the same; a member that is there or not when any
 * call of the same path shows it so.
 */
final class OtherVersion {
  private static final Pattern MEMBER = Pattern.compile("(lacks|adds) (\\.[^\\[]*(?:\\[].*)?)");

  private final List<RecordedCall> calls;

  OtherVersion(List<RecordedCall> calls) {
    this.calls = calls;
  }

  SortedSet<String> withoutExcused(SortedSet<String> facts, RecordedCall call, Answer found) {
    SortedSet<String> left = new TreeSet<>(facts);
    for (RecordedCall twin : calls) {
      if (twin.template().equals(call.template())) {
        if (sameQuestion(twin, call)) {
          left.retainAll(Differences.between(twin, found));
        }
        left.removeIf(fact -> shows(Differences.json(twin.answer().body()), fact));
      }
    }
    return left;
  }

  private static boolean sameQuestion(RecordedCall one, RecordedCall other) {
    return one.auth().equals(other.auth())
        && (one.params().equals(other.params()) || isTheSame(one.note(), other.note()));
  }

  private static boolean isTheSame(String one, String other) {
    return !one.isEmpty() && one.equals(other);
  }

  private static boolean shows(JsonNode twin, String fact) {
    Matcher member = MEMBER.matcher(fact);
    if (!member.matches() || !twin.isObject()) {
      return false;
    }
    String path = member.group(2);
    int dot = path.lastIndexOf('.');
    boolean wanted = member.group(1).equals("adds");
    return parents(twin, path.substring(0, dot)).stream()
        .anyMatch(parent -> parent.has(path.substring(dot + 1)) == wanted);
  }

  /** All objects at a path such as {@code .data[].files[]}. */
  private static List<JsonNode> parents(JsonNode root, String path) {
    List<JsonNode> at = List.of(root);
    for (String step : path.split("(?=\\.)|(?=\\[])", -1)) {
      if (!step.isEmpty()) {
        at =
            at.stream()
                .<JsonNode>mapMulti(
                    (node, next) -> {
                      if (step.equals("[]")) {
                        node.forEach(next);
                      } else {
                        next.accept(node.path(step.substring(1)));
                      }
                    })
                .toList();
      }
    }
    return at.stream().filter(JsonNode::isObject).toList();
  }
}
