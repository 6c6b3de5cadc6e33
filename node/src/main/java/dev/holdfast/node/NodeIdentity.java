package dev.holdfast.node;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.replication.wire.TlsIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;

/**
 * The key and certificate of a state directory: {@code proxy.key} and {@code proxy.pem}, as PBS
 * calls them. The operator may replace both; without any, a self-signed pair is made.
 */
public final class NodeIdentity {
  public static final String KEY_FILE = "proxy.key";
  public static final String CERTIFICATE_FILE = "proxy.pem";
  private static final String LOCK_FILE = ".identity.lock";

  private NodeIdentity() {}

  /**
   * Reads the pair, or makes it. A node and a command that both come first agree on one, because
   * they wait for each other.
   */
  public static TlsIdentity open(StateDirectory directory) {
    Path key = directory.path().resolve(KEY_FILE);
    Path certificate = directory.path().resolve(CERTIFICATE_FILE);
    Path lockFile = directory.path().resolve(LOCK_FILE);
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = channel.lock()) {
      // A key without its certificate is what an interrupted first start leaves.
      if (Files.exists(certificate)) {
        return TlsIdentity.load(key, certificate);
      }
      TlsIdentity made =
          TlsIdentity.generate(hostName(), List.of(), Instant.now(), directory.random());
      made.write(key, certificate);
      return made;
    } catch (IOException e) {
      throw new BackupException(Kind.INTERNAL, "cannot lock '" + lockFile + "': " + e, e);
    }
  }

  /** Puts another pair in place of the present one. No node may run on the directory. */
  public static void replace(StateDirectory directory, TlsIdentity identity) {
    identity.write(directory.path().resolve(KEY_FILE), directory.path().resolve(CERTIFICATE_FILE));
  }

  /** As the system says; {@code localhost} where it says nothing. */
  public static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
