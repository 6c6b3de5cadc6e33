package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.MasterPrivateKey;
import dev.holdfast.chunkstore.model.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "create-master-key",
    description = {
      "Create a master key: RSA, 4096 bits.",
      "The public half goes to the machines that back up (import-master-pubkey); the private half"
          + " belongs into a safe."
    })
final class CreateMasterKeyCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Where both files are written; default: the current directory.")
  private Path directory = Path.of("");

  @Option(
      names = "--new-passphrase-file",
      paramLabel = "FILE",
      description = "Its first line protects the private half; default: ask for it twice.")
  private @Nullable Path passphraseFile;

  CreateMasterKeyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    Path publicFile = directory.resolve(KeyFiles.MASTER_PUBLIC);
    Path privateFile = directory.resolve(KeyFiles.MASTER_PRIVATE);
    KeyFiles.requireAbsent(publicFile);
    KeyFiles.requireAbsent(privateFile);
    Secret passphrase = Passphrases.create(terminal, "Master Key Password: ", passphraseFile);
    SecureRandom random = new SecureRandom();
    MasterPrivateKey key = MasterPrivateKey.generate(random);
    // The private half first: without it the other one is a trap.
    KeyFiles.create(privateFile, ascii(key.pem(passphrase, random)));
    KeyFiles.create(publicFile, ascii(key.publicKey().pem()));
    terminal.line("wrote public master key to '" + publicFile + "'");
    terminal.line("wrote private master key to '" + privateFile + "'");
    return ExitCode.OK.number();
  }

  private static byte[] ascii(String pem) {
    return pem.getBytes(StandardCharsets.US_ASCII);
  }
}
