package dev.holdfast.node.access;

import dev.holdfast.chunkstore.model.Secret;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Passwords by which this node binds to directories, {@code ldap_passwords.json}: a JSON object
 * from a realm to clear text, since a directory wants to see it (spec/formats.md §10.7). Any
 * thread.
 */
public final class RealmSecrets {
  private final StateFile<SortedMap<String, String>> file;

  public RealmSecrets(StateDirectory directory) {
    file =
        new StateFile<>(
            directory, "ldap_passwords.json", ShadowFile::parse, ShadowFile::formatPretty);
  }

  public Optional<Secret> find(String realm) {
    return Optional.ofNullable(file.value().get(realm)).map(Secret::new);
  }

  /** Null takes it away. */
  public void set(String realm, @Nullable Secret secret) {
    if (secret == null && !file.value().containsKey(realm)) {
      return;
    }
    file.update(
        old -> {
          SortedMap<String, String> changed = new TreeMap<>(old);
          if (secret == null) {
            changed.remove(realm);
          } else {
            changed.put(realm, secret.reveal());
          }
          return changed;
        });
  }
}
