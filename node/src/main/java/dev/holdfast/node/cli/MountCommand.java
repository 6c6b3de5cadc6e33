package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.cryptomator.jfuse.api.Fuse;
import org.cryptomator.jfuse.api.FuseBuilder;
import org.cryptomator.jfuse.api.FuseMountFailedException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "mount",
    description = {
      "Show an archive of a snapshot as a read-only file system, until it is unmounted.",
      "Only what is read is fetched. The snapshot cannot be removed meanwhile. End it with Ctrl-C,"
          + " or with fusermount3 -u DIR."
    })
final class MountCommand implements Callable<Integer> {
  /** Where distributions have it; the library's own search knows developers' links only. */
  private static final String[] LIBRARIES = {
    "/usr/lib/x86_64-linux-gnu/libfuse3.so.3",
    "/usr/lib/aarch64-linux-gnu/libfuse3.so.3",
    "/usr/lib64/libfuse3.so.3",
    "/usr/lib/libfuse3.so.3"
  };

  private static final Duration LOOK_INTERVAL = Duration.ofMillis(500);

  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private NamespaceOption namespaceOption = new NamespaceOption();
  @Mixin private KeyOptions keys = new KeyOptions();

  @Parameters(
      index = "0",
      paramLabel = "SNAPSHOT",
      description = "TYPE/ID/TIME, or TYPE/ID for the newest of the group.")
  private @Nullable SnapshotChoice choice;

  @Parameters(index = "1", paramLabel = "ARCHIVE", description = "e.g. root.pxar")
  private String archive = "";

  @Parameters(index = "2", paramLabel = "DIR", description = "An empty directory.")
  private Path directory = Path.of("");

  MountCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    if (!Files.isDirectory(directory)) {
      throw BackupException.notFound("'" + directory + "' is no directory");
    }
    terminal.interruption().arm();
    return connection.run(
        terminal,
        node -> {
          try (OpenSnapshot snapshot =
              OpenSnapshot.open(terminal, node, namespace, Objects.requireNonNull(choice), keys)) {
            mount(snapshot);
          }
        });
  }

  private void mount(OpenSnapshot snapshot) throws Exception {
    FuseBuilder builder = builder();
    MountedTree tree =
        new MountedTree(snapshot.tree(archive).archive(), builder.errno(), terminal::message);
    Object below = device();
    try (Fuse fuse = build(builder, tree)) {
      fuse.mount(
          "holdfast",
          directory.toAbsolutePath(),
          "-oro",
          "-odefault_permissions",
          "-ofsname=" + snapshot.id());
      terminal.line("mounted " + snapshot.id() + " " + archive + " at " + directory);
      awaitEnd(below);
    } catch (FuseMountFailedException | UnsatisfiedLinkError e) {
      throw noFuse(e);
    } catch (TimeoutException e) {
      throw new BackupException(Kind.LOCKED, "'" + directory + "' is in use", e)
          .advise("Unmount it with `fusermount3 -u " + directory + "` when nobody uses it.");
    }
    terminal.line("unmounted " + directory);
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

  private static FuseBuilder builder() {
    try {
      FuseBuilder builder = Fuse.builder();
      for (String library : LIBRARIES) {
        if (Files.exists(Path.of(library))) {
          builder.setLibraryPath(library);
          break;
        }
      }
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
        .advise(
            "It needs /dev/fuse and libfuse3. `holdfast catalog shell` and `holdfast restore"
                + " --pattern` need neither.");
  }
}
