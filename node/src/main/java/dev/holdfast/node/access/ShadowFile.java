package dev.holdfast.node.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Secret;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object from a name to a hash: {@code shadow.json} (pretty, user name without realm) and
 * {@code token.shadow} (compact, token id) of spec/formats.md §10.9.
 */
public final class ShadowFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final StateFile<SortedMap<String, String>> file;
  private final StateDirectory directory;

  private ShadowFile(StateDirectory directory, String name, ObjectWriter writer) {
    this.directory = directory;
    this.file = new StateFile<>(directory, name, ShadowFile::parse, map -> format(writer, map));
  }

  /** Passwords of realm {@code pbs}. */
  public static ShadowFile passwords(StateDirectory directory) {
    return new ShadowFile(directory, "shadow.json", JSON.writerWithDefaultPrettyPrinter());
  }

  /**
   * Passwords of users of realm {@code pam} that this node keeps itself: who has one is not looked
   * for in the system. The file is ours.
   */
  public static ShadowFile systemPasswords(StateDirectory directory) {
    return new ShadowFile(directory, "shadow-pam.json", JSON.writerWithDefaultPrettyPrinter());
  }

  public static ShadowFile tokens(StateDirectory directory) {
    return new ShadowFile(directory, "token.shadow", JSON.writer());
  }

  public void set(String name, Secret secret) {
    String hash = Hashes.hash(secret, directory.random());
    file.update(old -> changed(old, name, hash));
  }

  public void remove(String name) {
    if (file.value().containsKey(name)) {
      file.update(old -> changed(old, name, null));
    }
  }

  /** Whose hashes cannot be checked on this machine. */
  List<String> unreadable() {
    return file.value().entrySet().stream()
        .filter(entry -> !Hashes.isReadable(entry.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  @Nullable String hash(String name) {
    return file.value().get(name);
  }

  private static SortedMap<String, String> changed(
      SortedMap<String, String> old, String name, @Nullable String hash) {
    SortedMap<String, String> map = new TreeMap<>(old);
    if (hash == null) {
      map.remove(name);
    } else {
      map.put(name, hash);
    }
    return map;
  }

  /** Names and what is kept for them; throws INVALID_INPUT without showing any. */
  public static SortedMap<String, String> parse(String text) {
    if (text.isBlank()) {
      return Collections.emptySortedMap();
    }
    try {
      return Collections.unmodifiableSortedMap(
          JSON.readValue(text, new TypeReference<TreeMap<String, String>>() {}));
    } catch (JsonProcessingException e) {
      // The parser's own words would quote a piece of the file, which holds secrets.
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT, "not a JSON object of texts", e);
    }
  }

  public static String formatPretty(SortedMap<String, String> map) {
    return format(JSON.writerWithDefaultPrettyPrinter(), map);
  }

  private static String format(ObjectWriter writer, SortedMap<String, String> map) {
    try {
      return writer.writeValueAsString(map);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a map of texts is always JSON", e);
    }
  }
}
