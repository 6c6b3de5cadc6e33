package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.blob.BlobKind;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.MasterPrivateKey;
import dev.holdfast.chunkstore.error.BackupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "import-with-master-key",
    description = {
      "Get an encryption key back from what a backup holds of it.",
      "First: holdfast restore SNAPSHOT rsa-encrypted.key FILE"
    })
final class ImportWithMasterKeyCommand implements Callable<Integer> {
  /** RSA of 16,384 bits, and the header of a blob. */
  private static final int WRAPPED_BYTES_MAX = 2048 + DataBlob.HEADER_BYTES;

  private final Terminal terminal;

  @Mixin private NewKeyOptions options = new NewKeyOptions();

  @Option(
      names = "--master-keyfile",
      required = true,
      paramLabel = "FILE",
      description = "Private half of the master key, in PEM.")
  private Path masterFile = Path.of("");

  @Option(
      names = "--master-passphrase-file",
      paramLabel = "FILE",
      description = "Its first line opens the master key; default: ask for it.")
  private @Nullable Path masterPassphraseFile;

  @Option(
      names = "--encrypted-keyfile",
      required = true,
      paramLabel = "FILE",
      description = "The wrapped key, restored from a backup.")
  private Path wrappedFile = Path.of("");

  @Parameters(arity = "0..1", paramLabel = "FILE", description = KeyCommand.DEFAULT_FILE)
  private @Nullable Path named;

  ImportWithMasterKeyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    options.check();
    Path target = KeyFiles.orDefault(terminal, named, KeyFiles.ENCRYPTION_KEY);
    byte[] pem = KeyFiles.read(masterFile, KeyFiles.PEM_BYTES_MAX);
    byte[] wrapped = wrapped();
    MasterPrivateKey master =
        MasterPrivateKey.parse(pem, () -> Passphrases.ofMasterKey(terminal, masterPassphraseFile));
    KeyFile file = master.unwrap(wrapped);
    EncryptionKey key = file.open(() -> Passphrases.ofKey(terminal));
    requireSameOrAbsent(target, key);
    byte[] content = options.wrap(terminal, key, file.created(), "New Password: ");
    if (Files.exists(target)) {
      KeyFiles.replace(target, content);
    } else {
      KeyFiles.create(target, content);
    }
    terminal.line("imported key " + key.fingerprint().brief() + " to '" + target + "'");
    return ExitCode.OK.number();
  }

  /** As a restore gives it, or as it lies in a datastore. */
  private byte[] wrapped() {
    byte[] file = KeyFiles.read(wrappedFile, WRAPPED_BYTES_MAX);
    try {
      return DataBlob.kind(file, file.length) == BlobKind.PLAIN
          ? DataBlob.decode(file, file.length, WRAPPED_BYTES_MAX)
          : file;
    } catch (BackupException e) {
      return file;
    }
  }

  /** Another key than the one that is there would take its place, and its backups with it. */
  private static void requireSameOrAbsent(Path target, EncryptionKey key) {
    if (Files.exists(target) && !key.fingerprint().equals(KeyFiles.readKey(target).fingerprint())) {
      KeyFiles.requireAbsent(target);
    }
  }
}
