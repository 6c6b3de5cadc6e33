package dev.holdfast.chunkstore.fuzz;

import dev.holdfast.chunkstore.catalog.CatalogWriter;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.pxar.ArchiveTarget;
import dev.holdfast.chunkstore.pxar.PxarEntrySink;
import dev.holdfast.chunkstore.pxar.TreeBackup;
import dev.holdfast.chunkstore.pxar.TreeListener;
import dev.holdfast.chunkstore.testing.Golden;
import dev.holdfast.chunkstore.testing.MemoryPayload;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Small good data of every format. */
final class Seeds {
  private static final int RSA_BITS = 1024;
  private static final String SALT = "AAAAAAAAAAAAAAAAAAAAAA==";

  private Seeds() {}

  interface Source {
    List<byte[]> get() throws IOException;
  }

  static List<byte[]> golden(String... names) throws IOException {
    byte[][] all = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      all[i] = Golden.read(names[i]);
    }
    return List.of(all);
  }

  static List<byte[]> blobs() throws IOException {
    return golden(
        "blob/empty.bin",
        "blob/hello-plain.bin",
        "blob/zeros-4096-zstd.bin",
        "blob/lines-zstd-without-size.bin");
  }

  static List<byte[]> encryptedBlobs() throws IOException {
    return golden("blob/hello-encrypted.bin");
  }

  static List<byte[]> keyFiles() {
    return List.of(
        keyFile("null", 32),
        keyFile("{\"Scrypt\":{\"n\":65536,\"r\":8,\"p\":1,\"salt\":\"" + SALT + "\"}}", 64),
        keyFile("{\"PBKDF2\":{\"iter\":65535,\"salt\":\"" + SALT + "\"}}", 64));
  }

  /** Formats §3.2. */
  private static byte[] keyFile(String kdf, int dataBytes) {
    String data = Base64.getEncoder().encodeToString(new byte[dataBytes]);
    String time = "2024-06-05T10:00:00Z";
    return String.format(
            "{\"kdf\":%s,\"created\":\"%s\",\"modified\":\"%s\",\"data\":\"%s\"}",
            kdf, time, time, data)
        .getBytes(StandardCharsets.UTF_8);
  }

  static List<byte[]> publicKeys() {
    return List.of(pem("PUBLIC KEY", keyPair().getPublic().getEncoded()));
  }

  static List<byte[]> privateKeys() {
    return List.of(pem("PRIVATE KEY", keyPair().getPrivate().getEncoded()));
  }

  private static KeyPair keyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(RSA_BITS);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has RSA", e);
    }
  }

  private static byte[] pem(String type, byte[] content) {
    return ("-----BEGIN "
            + type
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
            + "\n-----END "
            + type
            + "-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  static List<byte[]> archives() throws IOException {
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    save(new ArchiveTarget.Single(archive), PxarEntrySink.NONE);
    return List.of(archive.toByteArray());
  }

  static List<byte[]> catalogs() throws IOException {
    ByteArrayOutputStream catalog = new ByteArrayOutputStream();
    CatalogWriter writer = new CatalogWriter(catalog);
    save(
        new ArchiveTarget.Single(new ByteArrayOutputStream()),
        writer.archive(new ArchiveName("root.pxar.didx")));
    writer.finish();
    return List.of(catalog.toByteArray());
  }

  /** The two streams of a split archive. */
  @SuppressWarnings("ArrayRecordComponent")
  record Split(byte[] metadata, byte[] payload) {}

  /**
   * Both streams in one input: the length of the first in four bytes, then the first, the second.
   */
  static List<byte[]> splitArchives() throws IOException {
    ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    save(new ArchiveTarget.Split(metadata, new MemoryPayload(payload), null), PxarEntrySink.NONE);
    return List.of(
        ByteBuffer.allocate(Integer.BYTES + metadata.size() + payload.size())
            .putInt(metadata.size())
            .put(metadata.toByteArray())
            .put(payload.toByteArray())
            .array());
  }

  static Split split(byte[] data) {
    if (data.length < Integer.BYTES) {
      return new Split(data, new byte[0]);
    }
    int rest = data.length - Integer.BYTES;
    int first = Math.clamp(ByteBuffer.wrap(data).getInt(), 0, rest) + Integer.BYTES;
    return new Split(
        Arrays.copyOfRange(data, Integer.BYTES, first),
        Arrays.copyOfRange(data, first, data.length));
  }

  /** A tree with one of each kind that needs no privileges. */
  private static void save(ArchiveTarget target, PxarEntrySink entries) throws IOException {
    Path root = Files.createTempDirectory("fuzz-seed");
    Path directory = root.resolve("directory");
    Path file = directory.resolve("file");
    Path link = directory.resolve("link");
    Path symlink = root.resolve("symlink");
    try {
      Files.createDirectory(directory);
      Files.writeString(file, "content\n");
      Files.createLink(link, file);
      Files.createSymbolicLink(symlink, Path.of("directory/file"));
      TreeBackup.write(root, target, TreeBackup.Options.DEFAULT, TreeListener.NONE, entries);
    } finally {
      for (Path made : List.of(symlink, link, file, directory, root)) {
        Files.deleteIfExists(made);
      }
    }
  }
}
