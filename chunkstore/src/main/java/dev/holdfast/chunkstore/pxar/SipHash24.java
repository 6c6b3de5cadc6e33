package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * SipHash-2-4 with the key of the pxar format: file names in goodbye tables, and the item types.
 *
 * <p>Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF" (2012), §2; the key
 * is the first 16 bytes of SHA-1("PROXMOX ARCHIVE FORMAT") (spec/formats.md §6.5).
 */
public final class SipHash24 {
  private static final long KEY_0 = 0x83ac3f1cfbb450dbL;
  private static final long KEY_1 = 0xaa4f1b6879369fbdL;

  private long v0 = KEY_0 ^ 0x736f6d6570736575L;
  private long v1 = KEY_1 ^ 0x646f72616e646f6dL;
  private long v2 = KEY_0 ^ 0x6c7967656e657261L;
  private long v3 = KEY_1 ^ 0x7465646279746573L;

  private SipHash24() {}

  public static long hash(Bytes data) {
    return new SipHash24().run(data.buffer().order(ByteOrder.LITTLE_ENDIAN));
  }

  private long run(ByteBuffer data) {
    long length = data.remaining();
    while (data.remaining() >= Long.BYTES) {
      absorb(data.getLong());
    }
    long last = length << 56;
    for (int shift = 0; data.hasRemaining(); shift += Byte.SIZE) {
      last |= (data.get() & 0xffL) << shift;
    }
    absorb(last);
    v2 ^= 0xff;
    for (int i = 0; i < 4; i++) {
      round();
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }

  private void absorb(long word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }

  private void round() {
    v0 += v1;
    v1 = Long.rotateLeft(v1, 13) ^ v0;
    v0 = Long.rotateLeft(v0, 32);
    v2 += v3;
    v3 = Long.rotateLeft(v3, 16) ^ v2;
    v0 += v3;
    v3 = Long.rotateLeft(v3, 21) ^ v0;
    v2 += v1;
    v1 = Long.rotateLeft(v1, 17) ^ v2;
    v2 = Long.rotateLeft(v2, 32);
  }
}
