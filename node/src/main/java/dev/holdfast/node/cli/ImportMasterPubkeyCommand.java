package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.MasterPublicKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "import-master-pubkey",
    aliases = "import-master-key",
    description = {
      "From now on store the key with every encrypted backup of this user,",
      "wrapped with this RSA public key."
    })
final class ImportMasterPubkeyCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "FILE", description = "Public half of the master key, in PEM.")
  private Path file = Path.of("");

  ImportMasterPubkeyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    MasterPublicKey key = ShowMasterPubkeyCommand.read(file);
    Path target = KeyFiles.orDefault(terminal, null, KeyFiles.MASTER_PUBLIC);
    KeyFiles.replace(target, key.pem().getBytes(StandardCharsets.US_ASCII));
    terminal.line("imported " + key + " to '" + target + "'");
    return ExitCode.OK.number();
  }
}
