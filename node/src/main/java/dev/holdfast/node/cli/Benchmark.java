package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.model.Digest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Random;

/**
 * One step of a backup, over and over on the calling thread. Names are those of the real client's
 * benchmark; the content compresses to about half, as mixed files do.
 */
enum Benchmark {
  SHA256("sha256") {
    @Override
    Runnable step() {
      byte[] plain = content();
      return () -> used(Digest.sha256(plain));
    }
  },
  COMPRESS("compress") {
    @Override
    Runnable step() {
      byte[] plain = content();
      return () -> used(BlobCodec.PLAIN.encode(plain, 0, plain.length, true));
    }
  },
  DECOMPRESS("decompress") {
    @Override
    Runnable step() {
      byte[] encoded = BlobCodec.PLAIN.encode(content(), 0, CHUNK_BYTES, true);
      return () -> used(BlobCodec.PLAIN.decode(encoded, encoded.length, CHUNK_BYTES));
    }
  },
  AES256_GCM("aes256_gcm") {
    @Override
    Runnable step() {
      byte[] plain = content();
      byte[] sealed = new byte[CHUNK_BYTES];
      byte[] iv = new byte[EncryptionKey.IV_BYTES];
      SecureRandom random = new SecureRandom();
      EncryptionKey key = EncryptionKey.generate(random);
      return () -> {
        random.nextBytes(iv);
        used(key.seal(iv, plain, 0, plain.length, sealed, 0));
      };
    }
  },
  VERIFY("verify") {
    @Override
    Runnable step() {
      byte[] encoded = BlobCodec.PLAIN.encode(content(), 0, CHUNK_BYTES, true);
      return () -> {
        byte[] plain = BlobCodec.PLAIN.decode(encoded, encoded.length, CHUNK_BYTES);
        used(Digest.sha256(plain));
      };
    }
  };

  /** The average chunk of an archive. */
  private static final int CHUNK_BYTES = 4 << 20;

  /** Before it, the JVM has not compiled what is measured. */
  private static final int WARM_UP_STEPS = 30;

  /** Results go here, so that no step can be left out as useless. */
  @SuppressWarnings("UnusedVariable") // written is enough
  private static volatile Object sink = "";

  private final String title;

  Benchmark(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  abstract Runnable step();

  private static void used(Object result) {
    sink = result;
  }

  private static byte[] content() {
    byte[] content = new byte[CHUNK_BYTES];
    Random random = new Random(1);
    for (int at = 0; at < content.length; at += 64) {
      byte[] piece = new byte[32];
      random.nextBytes(piece);
      System.arraycopy(piece, 0, content, at, piece.length);
    }
    return content;
  }

  /** Bytes of content per second. */
  double run(Duration length) {
    Runnable step = step();
    for (int i = 0; i < WARM_UP_STEPS; i++) {
      step.run();
    }
    long began = System.nanoTime();
    long now = began;
    long steps = 0;
    while (now - began < length.toNanos()) {
      step.run();
      steps++;
      now = System.nanoTime();
    }
    return steps * (double) CHUNK_BYTES / ((now - began) / 1e9);
  }
}
