package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads one value of {@code peers:}. */
final class PeerSection {
  static final List<String> KEYS = List.of("url", "fingerprint", "token", "secret-file");

  /** The current certificate, the next one, and room for two that are being retired. */
  static final int PINS_MAX = 4;

  private static final String URL = "https://HOST[:PORT], port 8007 if not given";
  private static final String PIN =
      "the SHA-256 fingerprint of the peer's certificate, 32 hex pairs joined by ':'";
  private static final String TOKEN = "an API token of the peer, USER@REALM!TOKEN";
  private static final String SECRET = "the path of the file with the token's secret";

  private PeerSection() {}

  static Optional<PeerConfig> read(String name, Field field, Path directory) {
    Optional<Fields> fields = field.map(KEYS);
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    Fields map = fields.get();
    Optional<HostAndPort> url = map.require("url", URL).flatMap(f -> f.parsed(URL, Values::url));
    Optional<Set<Fingerprint>> pins = map.require("fingerprint", PIN).flatMap(PeerSection::pins);
    Optional<AuthId> token =
        map.require("token", TOKEN).flatMap(f -> f.parsed(TOKEN, Values::token));
    Optional<Path> secret =
        map.require("secret-file", SECRET).flatMap(f -> f.parsed(SECRET, Values::path));
    if (url.isEmpty() || pins.isEmpty() || token.isEmpty() || secret.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new PeerConfig(name, url.get(), pins.get(), token.get(), directory.resolve(secret.get())));
  }

  private static Optional<Set<Fingerprint>> pins(Field field) {
    String expected = PIN + ", or a list of up to " + PINS_MAX + " of them";
    Optional<List<Field>> items = field.listOrOne(expected);
    if (items.isEmpty()) {
      return Optional.empty();
    }
    if (items.get().isEmpty() || items.get().size() > PINS_MAX) {
      return field.fail(expected, "");
    }
    Set<Fingerprint> pins = new LinkedHashSet<>();
    for (Field item : items.get()) {
      Optional<Fingerprint> pin =
          item.text(PIN)
              .flatMap(
                  text -> {
                    try {
                      return Optional.of(Fingerprint.parse(text));
                    } catch (BackupException e) {
                      return item.fail(PIN, "'holdfast cert info' at the peer prints it.");
                    }
                  });
      if (pin.isPresent() && !pins.add(pin.get())) {
        item.fail("each fingerprint once", "");
      }
    }
    return Optional.of(pins);
  }
}
