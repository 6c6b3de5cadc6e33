package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.MasterPublicKey;
import dev.holdfast.chunkstore.manifest.Protection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a backup is protected, and with which master key its key is stored. */
final class BackupKeyOptions {
  @Mixin private ProtectionOptions options = new ProtectionOptions();

  @Option(
      names = "--master-pubkey-file",
      paramLabel = "FILE",
      description = {
        "Store the key with the backup, wrapped with this RSA public key;",
        "default: that of the configuration directory, if any."
      })
  private @Nullable Path masterFile;

  @Option(
      names = "--master-pubkey-fd",
      paramLabel = "NUMBER",
      description = "The same, read from this file descriptor.")
  private @Nullable Integer masterDescriptor;

  /** May ask for a passphrase; tells which keys are used. */
  BackupKeys find(Terminal terminal) {
    Path namedMaster = namedMaster();
    KeyOptions.Found found = options.search(terminal);
    if (found == null) {
      if (namedMaster != null) {
        throw new UsageException(
            options.isNone()
                ? "--master-pubkey-file and --crypt-mode none exclude each other"
                : "--master-pubkey-file given, but there is no key to wrap",
            null);
      }
      return new BackupKeys(Protection.NONE, null);
    }
    EncryptionKey key = found.open(terminal);
    SecureRandom random = new SecureRandom();
    Protection protection = options.with(key, random);
    terminal.line(protection + " from '" + found.path() + "'");
    MasterPublicKey master = master(terminal, namedMaster);
    return new BackupKeys(
        protection, master == null ? null : wrapped(key, found.file(), master, random));
  }

  private @Nullable Path namedMaster() {
    if (masterFile != null && masterDescriptor != null) {
      throw new UsageException(
          "--master-pubkey-file and --master-pubkey-fd exclude each other", null);
    }
    return masterDescriptor == null ? masterFile : Path.of("/dev/fd", masterDescriptor.toString());
  }

  private static @Nullable MasterPublicKey master(Terminal terminal, @Nullable Path named) {
    Path path = named;
    if (path == null) {
      path = ClientFiles.configuration(terminal, KeyFiles.MASTER_PUBLIC).orElse(null);
      if (path == null || !Files.exists(path)) {
        return null;
      }
    }
    MasterPublicKey master = ShowMasterPubkeyCommand.read(path);
    terminal.line("the key goes with the backup, wrapped for the master key '" + path + "'");
    return master;
  }

  private static byte[] wrapped(
      EncryptionKey key, KeyFile file, MasterPublicKey master, SecureRandom random) {
    OffsetDateTime now = OffsetDateTime.now(ZoneId.systemDefault());
    return master.wrap(KeyFile.plain(key, file.created(), now), random);
  }
}
