package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.cryptomator.jfuse.api.Fuse;
import org.cryptomator.jfuse.api.FuseBuilder;
import org.cryptomator.jfuse.api.FuseMountFailedException;

/** An archive mounted at a directory, which needs /dev/fuse and libfuse3. */
final class FuseMount {
  /** Where distributions have it; the library's own search knows developers' links only. */
  private static final List<Path> LIBRARIES =
      List.of(
          Path.of("/usr/lib/x86_64-linux-gnu/libfuse3.so.3"),
          Path.of("/usr/lib/aarch64-linux-gnu/libfuse3.so.3"),
          Path.of("/usr/lib64/libfuse3.so.3"),
          Path.of("/usr/lib/libfuse3.so.3"));

  private static final Duration LOOK_INTERVAL = Duration.ofMillis(500);

  private final Terminal terminal;
  private final Path directory;

  /**
   * @param directory an empty one
   */
  FuseMount(Terminal terminal, Path directory) {
    this.terminal = terminal;
    this.directory = directory;
  }

  /**
   * Mounts it until the thread is interrupted, or somebody unmounts it.
   *
   * @param source what the table of mounts says it is
   * @param mounted is called when programs can read it
   * @throws BackupException NOT_BUILT when this machine cannot mount, before anything was done
   */
  void run(String source, ArchiveTree archive, Runnable mounted) throws IOException {
    FuseBuilder builder = builder();
    MountedTree tree = new MountedTree(archive, builder.errno(), terminal::message);
    Object below = device();
    try (Fuse fuse = build(builder, tree)) {
      fuse.mount(
          "holdfast",
          directory.toAbsolutePath(),
          "-oro",
          "-odefault_permissions",
          "-ofsname=" + source);
      mounted.run();
      awaitEnd(below);
    } catch (FuseMountFailedException | UnsatisfiedLinkError e) {
      throw noFuse(e);
    } catch (TimeoutException e) {
      throw new BackupException(Kind.LOCKED, "'" + directory + "' is in use", e)
          .advise("Unmount it with `fusermount3 -u " + directory + "` when nobody uses it.");
    }
  }

  /** Which file system the directory is of, just now. */
  private Object device() throws IOException {
    return Files.getAttribute(directory, "unix:dev");
  }

  /**
   * Until it is interrupted, which is the usual end, or unmounted from outside, which the library
   * does not tell: then the directory is what it was.
   */
  private void awaitEnd(Object below) {
    try {
      while (!device().equals(below)) {
        Thread.sleep(LOOK_INTERVAL);
      }
    } catch (InterruptedException e) {
      // Closing it waits for the kernel, which an interrupted thread could not.
    } catch (IOException e) {
      terminal.message("'" + directory + "' can no longer be looked at: " + e.getMessage());
    }
  }

  /** The libfuse3 of this machine, where distributions have it. */
  static Optional<Path> library() {
    return LIBRARIES.stream().filter(Files::exists).findFirst();
  }

  private static FuseBuilder builder() {
    try {
      FuseBuilder builder = Fuse.builder();
      library().ifPresent(library -> builder.setLibraryPath(library.toString()));
      return builder;
    } catch (UnsupportedOperationException e) {
      throw noFuse(e);
    }
  }

  private static Fuse build(FuseBuilder builder, MountedTree tree) {
    try {
      return builder.build(tree);
    } catch (UnsatisfiedLinkError e) {
      throw noFuse(e);
    }
  }

  private static BackupException noFuse(Throwable cause) {
    return new BackupException(
            Kind.NOT_BUILT, "this machine cannot mount: " + cause.getMessage(), cause)
        .advise("It needs /dev/fuse and libfuse3; --webdav needs neither.");
  }
}
