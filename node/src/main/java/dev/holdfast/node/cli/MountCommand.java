package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.HostAndPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "mount",
    description = {
      "Show an archive of a snapshot as a read-only file system, until it is unmounted.",
      "Only what is read is fetched. The snapshot cannot be removed meanwhile. End it with Ctrl-C,"
          + " or with fusermount3 -u DIR. Names that are not UTF-8 and the numbers of devices are not"
          + " shown.",
      "Where FUSE is not, or with --webdav, it is a WebDAV server for this machine alone, which any"
          + " file manager opens with the address and password that are printed. It shows directories"
          + " and files; a symbolic link to a file of the archive is shown as that file, and no other."
    })
final class MountCommand implements Callable<Integer> {
  private static final int PASSWORD_BYTES = 16;
  private static final HostAndPort ANY_PORT = new HostAndPort("127.0.0.1", 0);

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

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "DIR",
      description = "An empty directory; none with --webdav.")
  private @Nullable Path directory;

  @Option(names = "--webdav", description = "Serve it by WebDAV instead of mounting it.")
  private boolean webDav;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description =
          "For WebDAV: an address of this machine alone; default: a free port of 127.0.0.1.")
  private HostAndPort listen = ANY_PORT;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "For WebDAV: a new file for the password, instead of standard output.")
  private @Nullable Path passwordFile;

  MountCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    checkDirectory();
    terminal.interruption().arm();
    return connection.run(
        terminal,
        node -> {
          try (OpenSnapshot snapshot =
              OpenSnapshot.open(terminal, node, namespace, Objects.requireNonNull(choice), keys)) {
            show(snapshot);
          }
        });
  }

  private void checkDirectory() {
    if (webDav == (directory != null)) {
      throw new UsageException(
          webDav ? "--webdav needs no directory" : "a directory is missing",
          "Give either a directory or --webdav.");
    }
    if (directory != null && !Files.isDirectory(directory)) {
      throw BackupException.notFound("'" + directory + "' is no directory");
    }
  }

  private void show(OpenSnapshot snapshot) throws Exception {
    ArchiveTree tree = new ArchiveTree(snapshot.tree(archive).archive());
    if (directory == null) {
      serve(snapshot, tree);
      return;
    }
    try {
      mount(snapshot, tree, directory);
    } catch (BackupException e) {
      if (e.kind() != Kind.NOT_BUILT) {
        throw e;
      }
      terminal.message(e.text() + "; by WebDAV, then:");
      serve(snapshot, tree);
    }
  }

  private void mount(OpenSnapshot snapshot, ArchiveTree tree, Path at) throws IOException {
    new FuseMount(terminal, at)
        .run(
            snapshot.id().toString(),
            tree,
            () -> terminal.line("mounted " + snapshot.id() + " " + archive + " at " + at));
    terminal.line("unmounted " + at);
  }

  private void serve(OpenSnapshot snapshot, ArchiveTree tree) throws Exception {
    byte[] random = new byte[PASSWORD_BYTES];
    new SecureRandom().nextBytes(random);
    Secret password = new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(random));
    try (WebDavServer server =
        WebDavServer.start(listen, password, archive, tree, terminal::message)) {
      String user = "user " + WebDavServer.USER;
      if (passwordFile == null) {
        user += ", password " + password.reveal();
      } else {
        try (SecretFile file = SecretFile.prepare(passwordFile)) {
          file.write(password.reveal());
        }
        user += ", password in " + passwordFile;
      }
      terminal.line(snapshot.id() + " " + archive + " is at " + server.uri() + " for " + user);
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      terminal.message("no longer served");
    }
  }
}
