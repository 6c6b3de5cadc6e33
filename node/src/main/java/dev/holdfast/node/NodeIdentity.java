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
import java.util.function.Supplier;

/**
 * The key and certificate of a state directory: {@code proxy.key} and {@code proxy.pem}, as PBS
 * calls them. The operator may replace both; without any, a self-signed pair is made.
 */
public final class NodeIdentity {
  public static final String KEY_FILE = "proxy.key";
  public static final String CERTIFICATE_FILE = "proxy.pem";
  private static final String LOCK_FILE = ".identity.lock";

  /** Of the names under which a new pair waits until both of its files are durable. */
  private static final String NEXT = ".new";

  private NodeIdentity() {}

  /**
   * Reads the pair, or makes it. A node and a command that both come first agree on one, because
   * they wait for each other.
   */
  public static TlsIdentity open(StateDirectory directory) {
    return alone(
        directory,
        () -> {
          finishReplacement(directory);
          Path certificate = directory.path().resolve(CERTIFICATE_FILE);
          if (Files.exists(certificate)) { // also by a link to where an operator keeps his
            return TlsIdentity.load(directory.path().resolve(KEY_FILE), certificate);
          }
          TlsIdentity made =
              TlsIdentity.generate(hostName(), List.of(), Instant.now(), directory.random());
          put(directory, made);
          return made;
        });
  }

  /** Puts another pair in place of the present one. No node may run on the directory. */
  public static void replace(StateDirectory directory, TlsIdentity identity) {
    alone(
        directory,
        () -> {
          put(directory, identity);
          return identity;
        });
  }

  /** Both or none, even when the power goes in between: a key alone fits no certificate. */
  private static void put(StateDirectory directory, TlsIdentity identity) {
    directory.write(KEY_FILE + NEXT, identity.keyPem());
    directory.write(CERTIFICATE_FILE + NEXT, identity.certificatePem());
    finishReplacement(directory);
  }

  private static void finishReplacement(StateDirectory directory) {
    if (directory.read(CERTIFICATE_FILE + NEXT).isEmpty()) {
      directory.delete(KEY_FILE + NEXT); // not yet a pair
      return;
    }
    if (directory.read(KEY_FILE + NEXT).isPresent()) {
      directory.rename(KEY_FILE + NEXT, KEY_FILE);
    }
    directory.rename(CERTIFICATE_FILE + NEXT, CERTIFICATE_FILE);
  }

  private static TlsIdentity alone(StateDirectory directory, Supplier<TlsIdentity> work) {
    Path lockFile = directory.path().resolve(LOCK_FILE);
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = channel.lock()) {
      return work.get();
    } catch (IOException e) {
      throw new BackupException(Kind.INTERNAL, "cannot lock '" + lockFile + "': " + e, e);
    }
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
