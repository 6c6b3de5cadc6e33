package dev.holdfast.node.access.tfa;

import dev.holdfast.chunkstore.model.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A user's set of recovery keys, each {@code xxxx-xxxx-xxxx-xxxx} in hex and good for one login
 * (spec/protocols.md §2.7). Immutable.
 *
 * @param salt 16 hex characters, whose text is the key of the HMAC
 * @param hashes HMAC-SHA-256 of each key as hex, null for one that was used
 * @param created seconds since the epoch
 */
public record RecoveryKeys(String salt, List<@Nullable String> hashes, long created) {
  /** How many a set has. */
  public static final int COUNT = 10;

  private static final int SALT_BYTES = 8;
  private static final int KEY_BYTES = 8;
  private static final int GROUP_DIGITS = 4;

  public RecoveryKeys {
    hashes = Collections.unmodifiableList(new ArrayList<>(hashes));
  }

  /** A set and, this once, the keys themselves. */
  public record Fresh(RecoveryKeys stored, List<Secret> keys) {
    public Fresh {
      keys = List.copyOf(keys);
    }
  }

  public static Fresh generate(SecureRandom random, long now) {
    String salt = hex(random, SALT_BYTES);
    List<Secret> keys = new ArrayList<>();
    List<@Nullable String> hashes = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      String digits = hex(random, KEY_BYTES);
      StringBuilder key = new StringBuilder();
      for (int at = 0; at < digits.length(); at += GROUP_DIGITS) {
        key.append(at == 0 ? "" : "-").append(digits, at, at + GROUP_DIGITS);
      }
      keys.add(new Secret(key.toString()));
      hashes.add(hash(salt, key.toString()));
    }
    return new Fresh(new RecoveryKeys(salt, hashes, now), keys);
  }

  /** Which were not used yet. */
  public List<Integer> unused() {
    return IntStream.range(0, hashes.size()).filter(i -> hashes.get(i) != null).boxed().toList();
  }

  /** The set without the key; empty when it is none of the set, or was used. */
  Optional<RecoveryKeys> use(String key) {
    byte[] wanted = hash(salt, key).getBytes(StandardCharsets.US_ASCII);
    for (int i : unused()) {
      String hash = hashes.get(i);
      if (hash != null && MessageDigest.isEqual(hash.getBytes(StandardCharsets.US_ASCII), wanted)) {
        List<@Nullable String> left = new ArrayList<>(hashes);
        left.set(i, null);
        return Optional.of(new RecoveryKeys(salt, left, created));
      }
    }
    return Optional.empty();
  }

  private static String hash(String salt, String key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(salt.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(key.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has HMAC-SHA256", e);
    }
  }

  private static String hex(SecureRandom random, int bytes) {
    byte[] fresh = new byte[bytes];
    random.nextBytes(fresh);
    return HexFormat.of().formatHex(fresh);
  }

  @Override
  public String toString() {
    return "RecoveryKeys[" + unused().size() + " unused]";
  }
}
