package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.MasterPublicKey;
import dev.holdfast.chunkstore.error.BackupException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "show-master-pubkey", description = "Show the public half of a master key.")
final class ShowMasterPubkeyCommand implements Callable<Integer> {
  private static final int HEX = 16;

  private final Terminal terminal;

  @Mixin private OutputOption output = new OutputOption();

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "In PEM; default: master-public.pem of the configuration directory.")
  private @Nullable Path named;

  ShowMasterPubkeyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Path path = KeyFiles.existing(terminal, named, KeyFiles.MASTER_PUBLIC);
    MasterPublicKey key = read(path);
    String modulus = key.modulus().toString(HEX).toUpperCase(Locale.ROOT);
    if (output.isJson(terminal)) {
      OutputOption.json(
          terminal,
          NodeConnection.object()
              .put("path", path.toString())
              .put("modulus", modulus)
              .put("exponent", key.exponent().toString())
              .put("length", key.bits()));
    } else {
      terminal.line("path:     " + path);
      terminal.line("modulus:  " + modulus);
      terminal.line("exponent: " + key.exponent());
      terminal.line("length:   " + key.bits());
    }
    return ExitCode.OK.number();
  }

  static MasterPublicKey read(Path path) {
    try {
      return MasterPublicKey.parse(KeyFiles.read(path, KeyFiles.PEM_BYTES_MAX));
    } catch (BackupException e) {
      throw e.text().contains("'" + path + "'")
          ? e
          : new BackupException(e.kind(), "master key '" + path + "': " + e.text(), e)
              .withFactsOf(e);
    }
  }
}
