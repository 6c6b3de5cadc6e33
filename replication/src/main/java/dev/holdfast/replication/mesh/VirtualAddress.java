package dev.holdfast.replication.mesh;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The loopback address {@code 127.77.x.y} that a site has in the eyes of every cluster member: the
 * member itself binds it at home, the tunnel to it listens on it elsewhere. Linux answers on all of
 * 127/8 without configuration.
 */
public record VirtualAddress(int x, int y) {
  /** Where members listen, the same at every site because the addresses differ. */
  public static final int MEMBER_PORT = 5701;

  private static final Pattern PATTERN = Pattern.compile("127\\.77\\.([0-9]{1,3})\\.([0-9]{1,3})");

  public VirtualAddress {
    boolean isByte = x >= 0 && x <= 255 && y >= 0 && y <= 255;
    if (!isByte || isReserved(x, y)) {
      throw BackupException.invalid(
          "invalid mesh address '127.77."
              + x
              + "."
              + y
              + "': expected 127.77.0.1 … 127.77.255.254");
    }
  }

  /** First and last of the network. */
  private static boolean isReserved(int x, int y) {
    return (x == 0 && y == 0) || (x == 255 && y == 255);
  }

  public static VirtualAddress parse(String text) {
    Matcher matcher = PATTERN.matcher(text);
    if (!matcher.matches()) {
      throw BackupException.invalid("invalid mesh address '" + text + "': expected 127.77.X.Y");
    }
    return new VirtualAddress(
        Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /**
   * The address of a site that does not choose one: the first two bytes of SHA-256 over secret and
   * name, so that every member computes the same. Two of ten sites collide once in 1500 meshes; one
   * of them then needs an address in its configuration.
   */
  public static VirtualAddress of(Secret meshSecret, String site) {
    for (int attempt = 0; ; attempt++) {
      byte[] hash = sha256("holdfast-mesh-v1 address", meshSecret.reveal(), site, "" + attempt);
      int x = hash[0] & 0xff;
      int y = hash[1] & 0xff;
      if (!isReserved(x, y)) {
        return new VirtualAddress(x, y);
      }
    }
  }

  /** Over the parts, each ended by a zero byte, which no part can hold. */
  static byte[] sha256(String... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : parts) {
        digest.update(part.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** {@code 127.77.x.y}. */
  @Override
  public String toString() {
    return "127.77." + x + "." + y;
  }
}
