package dev.holdfast.chunkstore.testing;

import java.io.IOException;
import java.io.InputStream;

/** Our own small files in foreign formats; what each holds is said in their README. */
public final class Golden {
  private Golden() {}

  /** The bytes of one file, such as {@code blob/empty.bin}. */
  public static byte[] read(String name) throws IOException {
    try (InputStream in = Golden.class.getResourceAsStream("/vectors/" + name)) {
      if (in == null) {
        throw new AssertionError("no golden file " + name);
      }
      return in.readAllBytes();
    }
  }
}
