package dev.holdfast.node.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What a machine backs up: a tree of 20,000 small files and the image of a disk, a third of each
 * noise, words and, of the image, zeroes.
 */
record ClientData(Path tree, Path image) {
  private static final int FILES = 20_000;
  private static final int DIRECTORIES = 200;
  private static final int FILE_BYTES_MAX = 20_000;
  private static final int RUN_BYTES = 1 << 20;
  private static final int RUN_MEBIBYTES_MAX = 16;

  /** Of the files, and of the bytes of the image. */
  private static final int CHANGED_OF = 100;

  static ClientData write(Path directory, int mebibytes) throws IOException {
    BenchData data = new BenchData(BenchData.SEED);
    ClientData made =
        new ClientData(
            Files.createDirectory(directory.resolve("tree")), directory.resolve("disk.img"));
    for (int i = 0; i < FILES; i++) {
      Path file = made.file(i);
      Files.createDirectories(file.getParent());
      Files.write(file, content(data, i));
    }
    made.writeImage(data, mebibytes);
    return made;
  }

  private Path file(int number) {
    return tree.resolve("directory-" + number % DIRECTORIES).resolve("file-" + number);
  }

  private static byte[] content(BenchData data, int number) {
    byte[] content = new byte[data.random().nextInt(1, FILE_BYTES_MAX)];
    if (number % 3 == 0) {
      data.noise(content);
    } else {
      data.text(content);
    }
    return content;
  }

  private void writeImage(BenchData data, int mebibytes) throws IOException {
    byte[] run = new byte[RUN_BYTES];
    try (FileChannel out = writing(StandardOpenOption.CREATE_NEW)) {
      int at = 0;
      for (int kind = 0; at < mebibytes; kind++) {
        int count = Math.min(mebibytes - at, data.random().nextInt(1, RUN_MEBIBYTES_MAX + 1));
        for (int i = 0; i < count; i++) {
          switch (kind % 3) {
            case 0 -> data.noise(run);
            case 1 -> data.text(run);
            default -> Arrays.fill(run, (byte) 0);
          }
          out.write(ByteBuffer.wrap(run));
        }
        at += count;
      }
    }
  }

  private FileChannel writing(StandardOpenOption... more) throws IOException {
    return FileChannel.open(
        image,
        Stream.concat(Stream.of(StandardOpenOption.WRITE), Stream.of(more))
            .toArray(StandardOpenOption[]::new));
  }

  /** Changes one of a hundred files, and as much of the image, in runs of 1 MiB anywhere. */
  void change(long seed) throws IOException {
    BenchData data = new BenchData(seed);
    for (int i = 0; i < FILES; i += CHANGED_OF) {
      Files.write(file(i), content(data, i + 1));
    }
    byte[] run = new byte[RUN_BYTES];
    long bytes = Files.size(image);
    Random random = data.random();
    try (FileChannel out = writing()) {
      for (long changed = 0; changed < bytes / CHANGED_OF; changed += RUN_BYTES) {
        data.text(run);
        out.write(ByteBuffer.wrap(run), random.nextLong(bytes - RUN_BYTES));
      }
    }
  }

  /** The same paths below another root, as programs restore that keep whole paths. */
  ClientData below(Path target) {
    Path root = tree.getRoot();
    return new ClientData(
        target.resolve(root.relativize(tree)), target.resolve(root.relativize(image)));
  }

  /** What was restored must be the same in content. */
  void requireSame(ClientData other) throws IOException {
    requireSame(image, other.image);
    List<Path> files;
    try (Stream<Path> all = Files.walk(tree)) {
      files = all.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      requireSame(file, other.tree.resolve(tree.relativize(file)));
    }
  }

  private static void requireSame(Path file, Path other) throws IOException {
    long difference = Files.mismatch(file, other);
    if (difference >= 0) {
      throw new IOException(other + " differs from " + file + " at byte " + difference);
    }
  }

  long bytes() throws IOException {
    long bytes = Files.size(image);
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }
}
