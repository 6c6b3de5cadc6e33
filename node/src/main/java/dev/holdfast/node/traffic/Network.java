package dev.holdfast.node.traffic;

import dev.holdfast.chunkstore.error.BackupException;
import java.net.InetAddress;
import java.util.Arrays;

/**
 * A network of peers, {@code 10.0.0.0/8} or {@code fd00::/8}; an address alone is a network of one.
 *
 * @param prefixBits how many of the address all members have in common
 */
public record Network(InetAddress address, int prefixBits) {
  /** Throws INVALID_INPUT. */
  public static Network parse(String text) {
    String[] parts = text.strip().split("/", 2);
    try {
      InetAddress address = InetAddress.ofLiteral(parts[0]);
      int bitsMax = address.getAddress().length * Byte.SIZE;
      int bits = parts.length == 1 ? bitsMax : Integer.parseInt(parts[1]);
      if (bits >= 0 && bits <= bitsMax) {
        return new Network(address, bits);
      }
    } catch (IllegalArgumentException e) {
      throw new BackupException(BackupException.Kind.INVALID_INPUT, refusal(text), e);
    }
    throw BackupException.invalid(refusal(text));
  }

  private static String refusal(String text) {
    return "'" + text + "' is no network: expected one like 10.0.0.0/8 or fd00::/8";
  }

  /** Never across the families of addresses. */
  public boolean contains(InetAddress other) {
    byte[] ours = address.getAddress();
    byte[] theirs = other.getAddress();
    int whole = prefixBits / Byte.SIZE;
    int rest = prefixBits % Byte.SIZE;
    return ours.length == theirs.length
        && Arrays.equals(ours, 0, whole, theirs, 0, whole)
        && (rest == 0 || ((ours[whole] ^ theirs[whole]) & 0xff) >> (Byte.SIZE - rest) == 0);
  }
}
