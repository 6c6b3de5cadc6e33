package dev.holdfast.node.job;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.Kdf;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.crypto.KeyFingerprint;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.StateFile;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Encryption keys that are kept for syncs (spec/rest-api.md §6.10): what is known of each in {@code
 * encryption-keys.cfg}, the keys themselves in files of their own. Only keys without a passphrase:
 * a job asks nobody. Any thread that may block.
 */
public final class SyncKeys {
  private static final String FILE = "encryption-keys.cfg";
  private static final String DIRECTORY = "encryption-keys";
  private static final String TYPE = "sync-key";
  private static final String ARCHIVED = "archived-at";

  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          TYPE,
          new Schema(
              Set.of("created", "modified", "fingerprint", "kdf", "path", "hint", ARCHIVED),
              Set.of("fingerprint", "path"),
              Set.of()));

  private final StateDirectory directory;
  private final StateFile<SectionConfig> file;
  private final Clock clock;

  private SyncKeys(StateDirectory directory, Clock clock) {
    this.directory = directory;
    this.file =
        new StateFile<>(
            directory, FILE, text -> SectionConfig.parse(text, SCHEMAS), SectionConfig::format);
    this.clock = clock;
  }

  /** Reads the list, so that a damaged one stops the start. */
  public static SyncKeys open(StateDirectory directory, Clock clock) {
    SyncKeys keys = new SyncKeys(directory, clock);
    var unused = keys.file.load();
    return keys;
  }

  /** What is known of each key; nothing secret. */
  public StateFile.Loaded<SectionConfig> load() {
    return file.load();
  }

  public static boolean isArchived(Section key) {
    return key.properties().containsKey(ARCHIVED);
  }

  /**
   * Keeps a key.
   *
   * @param given the text of a key file; null = a new key is made
   * @return what is kept, the key included
   * @throws BackupException ALREADY_EXISTS; INVALID_INPUT for a key that is wrapped or damaged
   */
  public KeyFile create(String id, @Nullable String given) {
    KeyFile key = given == null ? generate() : parse(given);
    KeyFingerprint fingerprint = key.open(SyncKeys::noPassphrase).fingerprint();
    var unused =
        file.update(
            old -> {
              if (old.section(id) != null) {
                throw new BackupException(
                    Kind.ALREADY_EXISTS, "key with id '" + id + "' already exists.");
              }
              // First the key: a list must not name one that was never written.
              var unusedPath = directory.directory(DIRECTORY);
              directory.write(path(id), KeyFileJson.print(key));
              return old.with(section(id, key, fingerprint));
            });
    return key;
  }

  private static Secret noPassphrase() {
    throw BackupException.invalid("a key of a sync cannot have a passphrase");
  }

  private KeyFile generate() {
    OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
    return KeyFile.plain(EncryptionKey.generate(directory.random()), now, now);
  }

  private static KeyFile parse(String text) {
    KeyFile key;
    try {
      key = KeyFileJson.parse(text.getBytes(StandardCharsets.UTF_8));
    } catch (BackupException e) {
      throw new BackupException(Kind.INVALID_INPUT, e.text(), e);
    }
    if (!(key.kdf() instanceof Kdf.None)) {
      throw BackupException.invalid("the key has a passphrase; keys of syncs must have none")
          .advise("`holdfast key change-passphrase --kdf none` takes it away.");
    }
    return key;
  }

  private static String path(String id) {
    return DIRECTORY + "/" + id + ".enc";
  }

  private static Section section(String id, KeyFile key, KeyFingerprint fingerprint) {
    SortedMap<String, List<String>> map = new TreeMap<>();
    map.put("created", List.of(Long.toString(key.created().toEpochSecond())));
    map.put("modified", List.of(Long.toString(key.modified().toEpochSecond())));
    map.put("fingerprint", List.of(fingerprint.toString()));
    map.put("kdf", List.of("none"));
    map.put("path", List.of(path(id)));
    String hint = key.hint();
    if (hint != null && !hint.isBlank()) {
      map.put("hint", List.of(hint.strip()));
    }
    return new Section(TYPE, id, map);
  }

  /** An archived key is for what was encrypted with it, and no longer offered; or it is again. */
  public void toggleArchived(String id) {
    Instant now = clock.instant();
    var unused =
        file.update(
            old -> {
              Section key = require(old, id);
              SortedMap<String, List<String>> map = new TreeMap<>(key.properties());
              if (map.remove(ARCHIVED) == null) {
                map.put(ARCHIVED, List.of(Long.toString(now.getEpochSecond())));
              }
              return old.with(new Section(TYPE, id, map));
            });
  }

  /**
   * Forgets a key for good.
   *
   * @param users the jobs that name it
   * @throws BackupException INVALID_INPUT when there are any
   */
  public void delete(String id, List<String> users) {
    var unused =
        file.update(
            old -> {
              var known = require(old, id);
              if (!users.isEmpty()) {
                throw BackupException.invalid(
                    "encryption key in use by sync job(s): " + String.join(", ", users));
              }
              return old.without(known.id());
            });
    directory.delete(path(id));
  }

  private static Section require(SectionConfig config, String id) {
    Section key = config.section(id);
    if (key == null) {
      throw BackupException.notFound("no such encryption key '" + id + "'");
    }
    return key;
  }
}
