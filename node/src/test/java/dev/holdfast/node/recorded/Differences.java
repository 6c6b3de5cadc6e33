package dev.holdfast.node.recorded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.holdfast.node.recorded.RecordedCall.Answer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * In what an answer differs from a recorded one, as short facts: status, content type, members and
 * their types, and values that another moment, another machine or another key does not change. The
 * order of lists means nothing.
 */
final class Differences {
  private static final JsonMapper JSON = new JsonMapper();

  /** Of these only the type is compared. */
  private static final Pattern CHANGING =
      Pattern.compile(
          ".*\\.("
              + "digest|upid|last-run-upid|last-run-endtime|next-run|duration"
              + "|avail|used|total|free|time|localtime|timezone|timestamp|value"
              + "|pid|pstart|starttime|endtime|node|cpu|wait|uptime|kversion|loadavg\\[\\]"
              + "|cpus|model|sockets|machine|release|sysname|version|mode|secureboot|repoid"
              + "|ticket|ticket-info|CSRFPreventionToken|pbs-instance-id|history-start"
              + "|notafter|notbefore|pem|issuer|subject|public-key-bits|public-key-type|san\\[\\]"
              + "|created|modified|port)");

  private static final Pattern UPID = Pattern.compile("UPID:(?:[^:]*:){5}(.*)");

  /** The archives were packed after the calls, and verified between: manifests had grown. */
  private static final Pattern MANIFEST_BYTES =
      Pattern.compile(".*\\[index\\.json\\.blob]\\.size|\\.data\\[[a-z]+/[^/]+/[0-9]+]\\.size");

  /** Lists of what happened: only the members of their items are compared. */
  private static final Pattern EVENTS =
      Pattern.compile(
          "GET (/nodes/localhost/tasks/\\*/log|/status/metrics|.*/rrd"
              + "|/nodes/localhost/certificates/info)");

  /** By what items of lists are told apart, the first that all of them have. */
  private static final List<List<String>> IDENTITIES =
      List.of(
          List.of("path", "ugid", "roleid"),
          List.of("id"),
          List.of("store"),
          List.of("upid"),
          List.of("backup-type", "backup-id", "backup-time"),
          List.of("backup-type", "backup-id"),
          List.of("userid"),
          List.of("tokenid"),
          List.of("realm"),
          List.of("roleid"),
          List.of("subdir"),
          List.of("ns"),
          List.of("filename"),
          List.of("filepath"),
          List.of("name"));

  private final SortedSet<String> facts = new TreeSet<>();
  private final boolean events;

  private Differences(boolean events) {
    this.events = events;
  }

  static SortedSet<String> between(RecordedCall call, Answer found) {
    Answer recorded = call.answer();
    Differences differences = new Differences(EVENTS.matcher(call.template()).matches());
    differences.compare(recorded, found);
    return differences.facts;
  }

  /** Of single answers, whose lists are not of events. */
  static SortedSet<String> between(Answer recorded, Answer found) {
    Differences differences = new Differences(false);
    differences.compare(recorded, found);
    return differences.facts;
  }

  private void compare(Answer recorded, Answer found) {
    if (found.status() != recorded.status()) {
      facts.add("status " + found.status() + " for " + recorded.status() + reason(found));
      return;
    }
    header("content type", recorded.contentType(), found.contentType());
    header("content encoding", recorded.encoding(), found.encoding());
    header("cookie", withoutTicket(recorded.cookie()), withoutTicket(found.cookie()));
    JsonNode expected = json(recorded.body());
    JsonNode json = json(found.body());
    if (expected.isObject() && json.isObject()) {
      walk("", expected, json);
    } else if (!found.body().equals(recorded.body())) {
      facts.add("text '" + shortened(found.body()) + "' for '" + shortened(recorded.body()) + "'");
    }
  }

  private static String reason(Answer found) {
    return found.status() == 200 ? "" : ": " + shortened(found.body());
  }

  private void header(String what, String recorded, String found) {
    if (!found.equals(recorded)) {
      facts.add(what + " '" + found + "' for '" + recorded + "'");
    }
  }

  private static String withoutTicket(String cookie) {
    return cookie.replaceAll("=PBS:[^;]*", "=TICKET");
  }

  private static String shortened(String text) {
    return text.length() <= 160 ? text : text.substring(0, 160) + "…";
  }

  static JsonNode json(String body) {
    try {
      return body.startsWith("{") ? JSON.readTree(body) : MissingNode.getInstance();
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  // ---- JSON ----

  private void walk(String path, JsonNode recorded, JsonNode found) {
    if (recorded.isObject() && found.isObject()) {
      members(path, recorded, found);
    } else if (recorded.isArray() && found.isArray()) {
      items(path, recorded, found);
    } else if (recorded.getNodeType() != found.getNodeType()) {
      facts.add(shape(path) + " is " + type(found) + ", not " + type(recorded));
    } else if (!recorded.equals(found) && !changes(path, recorded, found)) {
      facts.add(path + " is " + shortened(found.toString()) + ", not " + recorded);
    }
  }

  private static boolean changes(String path, JsonNode recorded, JsonNode found) {
    return CHANGING.matcher(shape(path)).matches()
        || MANIFEST_BYTES.matcher(path).matches()
        || isSameTask(recorded.asText(), found.asText());
  }

  /** Another run of the same thing for the same caller. */
  private static boolean isSameTask(String recorded, String found) {
    Matcher one = UPID.matcher(recorded);
    Matcher other = UPID.matcher(found);
    return one.matches() && other.matches() && one.group(1).equals(other.group(1));
  }

  private void members(String path, JsonNode recorded, JsonNode found) {
    recorded
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (found.has(name)) {
                walk(path + "." + name, recorded.path(name), found.path(name));
              } else {
                facts.add("lacks " + shape(path) + "." + name);
              }
            });
    found
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!recorded.has(name)) {
                facts.add("adds " + shape(path) + "." + name);
              }
            });
  }

  private void items(String path, JsonNode recorded, JsonNode found) {
    if (found.isEmpty() && !recorded.isEmpty()) {
      facts.add(path + " is empty");
    } else if (events || isNumbers(recorded)) {
      events(path, recorded, found);
    } else if (recorded.path(0).isObject() || found.path(0).isObject()) {
      byIdentity(path, recorded, found);
    } else {
      SortedSet<String> expected = texts(recorded);
      SortedSet<String> texts = texts(found);
      if (!texts.equals(expected) && !CHANGING.matcher(shape(path) + "[]").matches()) {
        facts.add(path + " is " + texts + ", not " + expected);
      }
    }
  }

  private static boolean isNumbers(JsonNode list) {
    return !list.isEmpty() && (list.path(0).isNumber() || list.path(0).isNull());
  }

  private static SortedSet<String> texts(JsonNode list) {
    SortedSet<String> texts = new TreeSet<>();
    list.forEach(item -> texts.add(item.asText()));
    return texts;
  }

  /** What all recorded items have, ours have, and nothing that no recorded one has. */
  private void events(String path, JsonNode recorded, JsonNode found) {
    for (JsonNode item : found) {
      item.fieldNames()
          .forEachRemaining(
              name -> {
                if (recorded.findValue(name) == null) {
                  facts.add("adds " + shape(path) + "[]." + name);
                }
              });
      recorded
          .path(0)
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (allHave(recorded, name) && !item.has(name)) {
                  facts.add("lacks " + shape(path) + "[]." + name);
                }
              });
    }
  }

  private static boolean allHave(JsonNode list, String name) {
    for (JsonNode item : list) {
      if (!item.has(name)) {
        return false;
      }
    }
    return true;
  }

  private void byIdentity(String path, JsonNode recorded, JsonNode found) {
    List<String> identity = identity(recorded.isEmpty() ? found : recorded);
    Map<String, JsonNode> expected = byName(recorded, identity);
    Map<String, JsonNode> items = byName(found, identity);
    List<String> names = new ArrayList<>(expected.keySet());
    names.addAll(items.keySet());
    for (String name : new TreeSet<>(names)) {
      JsonNode one = expected.get(name);
      JsonNode other = items.get(name);
      if (one == null) {
        facts.add("adds " + path + "[" + name + "]");
      } else if (other == null) {
        facts.add("lacks " + path + "[" + name + "]");
      } else {
        walk(path + "[" + name + "]", one, other);
      }
    }
  }

  private static List<String> identity(JsonNode list) {
    return IDENTITIES.stream()
        .filter(names -> names.stream().allMatch(name -> allHave(list, name)))
        .findFirst()
        .orElse(List.of());
  }

  private static Map<String, JsonNode> byName(JsonNode list, List<String> identity) {
    Map<String, JsonNode> byName = new LinkedHashMap<>();
    for (JsonNode item : list) {
      List<String> values = identity.stream().map(name -> item.path(name).asText()).toList();
      byName.put(String.join("/", values), item);
    }
    return byName;
  }

  /** The path without the names of items. */
  private static String shape(String path) {
    return path.replaceAll("\\[[^\\]]*]", "[]");
  }

  private static String type(JsonNode node) {
    return node.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
  }
}
