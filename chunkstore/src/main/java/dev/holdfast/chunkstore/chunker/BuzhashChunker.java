package dev.holdfast.chunkstore.chunker;

import dev.holdfast.chunkstore.error.BackupException;

/**
 * Cuts a stream where its content says so, at the same places as PBS: equal content gives equal
 * chunks wherever it stands.
 *
 * <p>A rolling hash covers the last 64 bytes. A chunk ends after the byte where it has at least
 * {@code average / 4} bytes and the low bits of the hash are among the three highest values, or
 * where it has {@code average * 4} bytes:
 *
 * <pre>
 *   mask = 2 * average - 1
 *   h    = rotl32(h, 1) ^ T[byte that left the window] ^ T[byte that came]
 *   cut  = n >= max  or  (n >= min and (h and mask) >= mask - 2)
 * </pre>
 *
 * The window starts anew after each cut, so a boundary depends on nothing before the previous one.
 * A byte's share of the hash is gone exactly after 64 rotations, so hashing may start 64 bytes
 * before the first possible cut: a quarter of the stream is not looked at. Source: spec/formats.md
 * §5.2.
 *
 * <p>Not safe for use by several threads. No allocation after construction.
 */
public final class BuzhashChunker {
  /** Images are cut at multiples of this (formats §5.1). */
  public static final int FIXED_CHUNK_BYTES = 4 << 20;

  /** Average chunk of an archive stream: chunks of 1 … 16 MiB. */
  public static final int PXAR_AVERAGE_BYTES = 4 << 20;

  /** Average chunk of a catalog. */
  public static final int CATALOG_AVERAGE_BYTES = 512 << 10;

  /** Below this a chunk would cost more than it saves; the window must fit in the minimum. */
  public static final int AVERAGE_BYTES_MIN = 1 << 10;

  /** Four times this is the largest chunk that a store takes. */
  public static final int AVERAGE_BYTES_MAX = 4 << 20;

  private static final int WINDOW_BYTES = 64;
  private static final int WINDOW_MASK = WINDOW_BYTES - 1;

  private final int bytesMin;
  private final int bytesMax;
  private final int mask;

  /** The last bytes seen, the oldest at {@code chunkBytes % 64}; filled from min - 64 on. */
  private final byte[] window = new byte[WINDOW_BYTES];

  private int chunkBytes;
  private int hash;
  private boolean cutFound;

  /**
   * @param averageBytes a power of two, {@link #AVERAGE_BYTES_MIN} … {@link #AVERAGE_BYTES_MAX}
   */
  public BuzhashChunker(int averageBytes) {
    if (Integer.bitCount(averageBytes) != 1
        || averageBytes < AVERAGE_BYTES_MIN
        || averageBytes > AVERAGE_BYTES_MAX) {
      throw BackupException.invalid(
          "average chunk size "
              + averageBytes
              + ": expected a power of two, "
              + AVERAGE_BYTES_MIN
              + " … "
              + AVERAGE_BYTES_MAX);
    }
    bytesMin = averageBytes / 4;
    bytesMax = averageBytes * 4;
    mask = 2 * averageBytes - 1;
  }

  /**
   * Takes the next bytes of the stream up to the next cut.
   *
   * @return how many bytes end the current chunk, counted from {@code offset}; the rest of the
   *     input was not taken and has to be given again. 0 when no chunk ends in this input: all of
   *     it was taken. At the end of the stream what was taken since the last cut is the last chunk.
   */
  public int scan(byte[] data, int offset, int length) {
    int end = offset + length;
    int at = offset + skip(length);
    if (chunkBytes < bytesMin) {
      at = fill(data, at, end);
      if (chunkBytes < bytesMin) {
        return 0;
      }
      if (isBoundary(hash)) {
        return cut(at - offset);
      }
    }
    int limit = (int) Math.min(end, (long) at + bytesMax - chunkBytes);
    at = rollFromWindow(data, at, Math.min(limit, offset + WINDOW_BYTES));
    if (!cutFound) {
      at = rollFromData(data, at, limit);
    }
    if (cutFound || chunkBytes == bytesMax) {
      return cut(at - offset);
    }
    return 0;
  }

  /** Bytes that no hash at a possible cut depends on. */
  private int skip(int length) {
    int count = Math.clamp(bytesMin - WINDOW_BYTES - (long) chunkBytes, 0, length);
    chunkBytes += count;
    return count;
  }

  /** Hashes up to the first possible cut, at {@code bytesMin}; returns where it stopped. */
  private int fill(byte[] data, int from, int end) {
    int at = from;
    int h = hash;
    while (at < end && chunkBytes < bytesMin) {
      byte in = data[at++];
      h = Integer.rotateLeft(h, 1) ^ TABLE[in & 0xff];
      window[chunkBytes++ & WINDOW_MASK] = in;
    }
    hash = h;
    return at;
  }

  /** Rolls over the first bytes of an input, whose window still reaches back into earlier ones. */
  private int rollFromWindow(byte[] data, int from, int limit) {
    int at = from;
    while (at < limit) {
      byte in = data[at++];
      int slot = chunkBytes++ & WINDOW_MASK;
      hash = Integer.rotateLeft(hash, 1) ^ TABLE[window[slot] & 0xff] ^ TABLE[in & 0xff];
      window[slot] = in;
      if (isBoundary(hash)) {
        cutFound = true;
        break;
      }
    }
    return at;
  }

  /** The hot loop: the window is the 64 bytes of {@code data} before the one at hand. */
  private int rollFromData(byte[] data, int from, int limit) {
    int h = hash;
    int lowest = mask - 2;
    for (int at = from; at < limit; at++) {
      h =
          Integer.rotateLeft(h, 1)
              ^ (TABLE[data[at - WINDOW_BYTES] & 0xff] ^ TABLE[data[at] & 0xff]);
      if ((h & mask) >= lowest) {
        cutFound = true;
        return at + 1;
      }
    }
    for (int at = Math.max(from, limit - WINDOW_BYTES); at < limit; at++) {
      window[(chunkBytes + at - from) & WINDOW_MASK] = data[at];
    }
    chunkBytes += Math.max(0, limit - from);
    hash = h;
    return Math.max(from, limit);
  }

  private boolean isBoundary(int h) {
    return (h & mask) >= mask - 2;
  }

  private int cut(int taken) {
    restart();
    return taken;
  }

  /** Begins a new chunk, whatever was scanned of the current one. */
  public void restart() {
    chunkBytes = 0;
    hash = 0;
    cutFound = false;
  }

  /** The share of one byte, for a test that words the algorithm in another way. */
  static int table(byte b) {
    return TABLE[b & 0xff];
  }

  // Not derivable; the same table is published in systemd/casync, src/cachunker.c.
  private static final int[] TABLE = {
    0x458be752, 0xc10748cc, 0xfbbcdbb8, 0x6ded5b68, 0xb10a82b5, 0x20d75648, 0xdfc5665f, 0xa8428801,
    0x7ebf5191, 0x841135c7, 0x65cc53b3, 0x280a597c, 0x16f60255, 0xc78cbc3e, 0x294415f5, 0xb938d494,
    0xec85c4e6, 0xb7d33edc, 0xe549b544, 0xfdeda5aa, 0x882bf287, 0x3116737c, 0x05569956, 0xe8cc1f68,
    0x0806ac5e, 0x22a14443, 0x15297e10, 0x50d090e7, 0x4ba60f6f, 0xefd9f1a7, 0x5c5c885c, 0x82482f93,
    0x9bfd7c64, 0x0b3e7276, 0xf2688e77, 0x8fad8abc, 0xb0509568, 0xf1ada29f, 0xa53efdfe, 0xcb2b1d00,
    0xf2a9e986, 0x6463432b, 0x95094051, 0x5a223ad2, 0x9be8401b, 0x61e579cb, 0x1a556a14, 0x5840fdc2,
    0x9261ddf6, 0xcde002bb, 0x52432bb0, 0xbf17373e, 0x7b7c222f, 0x2955ed16, 0x9f10ca59, 0xe840c4c9,
    0xccabd806, 0x14543f34, 0x1462417a, 0x0d4a1f9c, 0x087ed925, 0xd7f8f24c, 0x7338c425, 0xcf86c8f5,
    0xb19165cd, 0x9891c393, 0x325384ac, 0x0308459d, 0x86141d7e, 0xc922116a, 0xe2ffa6b6, 0x53f52aed,
    0x2cd86197, 0xf5b9f498, 0xbf319c8f, 0xe0411fae, 0x977eb18c, 0xd8770976, 0x9833466a, 0xc674df7f,
    0x8c297d45, 0x8ca48d26, 0xc49ed8e2, 0x7344f874, 0x556f79c7, 0x6b25eaed, 0xa03e2b42, 0xf68f66a4,
    0x8e8b09a2, 0xf2e0e62a, 0x0d3a9806, 0x9729e493, 0x8c72b0fc, 0x160b94f6, 0x450e4d3d, 0x7a320e85,
    0xbef8f0e1, 0x21d73653, 0x4e3d977a, 0x1e7b3929, 0x1cc6c719, 0xbe478d53, 0x8d752809, 0xe6d8c2c6,
    0x275f0892, 0xc8acc273, 0x4cc21580, 0xecc4a617, 0xf5f7be70, 0xe795248a, 0x375a2fe9, 0x425570b6,
    0x8898dcf8, 0xdc2d97c4, 0x0106114b, 0x364dc22f, 0x1e0cad1f, 0xbe63803c, 0x5f69fac2, 0x4d5afa6f,
    0x1bc0dfb5, 0xfb273589, 0x0ea47f7b, 0x3c1c2b50, 0x21b2a932, 0x6b1223fd, 0x2fe706a8, 0xf9bd6ce2,
    0xa268e64e, 0xe987f486, 0x3eacf563, 0x1ca2018c, 0x65e18228, 0x2207360a, 0x57cf1715, 0x34c37d2b,
    0x1f8f3cde, 0x93b657cf, 0x31a019fd, 0xe69eb729, 0x8bca7b9b, 0x4c9d5bed, 0x277ebeaf, 0xe0d8f8ae,
    0xd150821c, 0x31381871, 0xafc3f1b0, 0x927db328, 0xe95effac, 0x305a47bd, 0x426ba35b, 0x1233af3f,
    0x686a5b83, 0x50e072e5, 0xd9d3bb2a, 0x8befc475, 0x487f0de6, 0xc88dff89, 0xbd664d5e, 0x971b5d18,
    0x63b14847, 0xd7d3c1ce, 0x7f583cf3, 0x72cbcb09, 0xc0d0a81c, 0x7fa3429b, 0xe9158a1b, 0x225ea19a,
    0xd8ca9ea3, 0xc763b282, 0xbb0c6341, 0x020b8293, 0xd4cd299d, 0x58cfa7f8, 0x91b4ee53, 0x37e4d140,
    0x95ec764c, 0x30f76b06, 0x5ee68d24, 0x679c8661, 0xa41979c2, 0xf2b61284, 0x4fac1475, 0x0adb49f9,
    0x19727a23, 0x15a7e374, 0xc43a18d5, 0x3fb1aa73, 0x342fc615, 0x924c0793, 0xbee2d7f0, 0x8a279de9,
    0x4aa2d70c, 0xe24dd37f, 0xbe862c0b, 0x177c22c2, 0x5388e5ee, 0xcd8a7510, 0xf901b4fd, 0xdbc13dbc,
    0x6c0bae5b, 0x64efe8c7, 0x48b02079, 0x80331a49, 0xca3d8ae6, 0xf3546190, 0xfed7108b, 0xc49b941b,
    0x32baf4a9, 0xeb833a4a, 0x88a3f1a5, 0x3a91ce0a, 0x3cc27da1, 0x7112e684, 0x4a3096b1, 0x3794574c,
    0xa3c8b6f3, 0x1d213941, 0x6e0a2e00, 0x233479f1, 0x0f4cd82f, 0x6093edd2, 0x5d7d209e, 0x464fe319,
    0xd4dcac9e, 0x0db845cb, 0xfb5e4bc3, 0xe0256ce1, 0x09fb4ed1, 0x0914be1e, 0xa5bdb2c3, 0xc6eb57bb,
    0x30320350, 0x3f397e91, 0xa67791bc, 0x86bc0e2c, 0xefa0a7e2, 0xe9ff7543, 0xe733612c, 0xd185897b,
    0x329e5388, 0x91dd236b, 0x2ecb0d93, 0xf4d82a3d, 0x35b5c03f, 0xe4e606f0, 0x05b21843, 0x37b45964,
    0x5eff22f4, 0x6027f4cc, 0x77178b3c, 0xae507131, 0x7bf7cabc, 0xf9c18d66, 0x593ade65, 0xd95ddf11,
  };
}
