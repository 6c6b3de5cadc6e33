package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFingerprint;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "key",
    description = "Keys that encrypt and sign backups, and master keys that bring lost ones back.",
    subcommands = {
      CreateMasterKeyCommand.class,
      ImportMasterPubkeyCommand.class,
      ImportWithMasterKeyCommand.class,
      ShowMasterPubkeyCommand.class
    })
final class KeyCommand {
  static final String DEFAULT_FILE =
      "Key file; default: encryption-key.json of the configuration directory.";

  /** What a paper key is made as. */
  enum PaperFormat {
    TEXT,
    HTML;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Terminal terminal;

  KeyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(
      name = "create",
      description = {
        "Create an encryption key.",
        "Without a file it becomes the one that every backup of this user uses."
      })
  int create(
      @Mixin NewKeyOptions options,
      @Parameters(arity = "0..1", paramLabel = "FILE", description = DEFAULT_FILE)
          @Nullable Path named)
      throws IOException {
    options.check();
    Path path = KeyFiles.orDefault(terminal, named, KeyFiles.ENCRYPTION_KEY);
    KeyFiles.requireAbsent(path);
    EncryptionKey key = EncryptionKey.generate(new SecureRandom());
    KeyFiles.create(path, options.wrap(terminal, key, null, "Encryption Key Password: "));
    terminal.line("created key " + key.fingerprint().brief() + " in '" + path + "'");
    return ExitCode.OK.number();
  }

  @Command(name = "show", description = "Show what a key file tells without its passphrase.")
  int show(
      @Mixin OutputOption output,
      @Parameters(arity = "0..1", paramLabel = "FILE", description = DEFAULT_FILE)
          @Nullable Path named) {
    Path path = KeyFiles.existing(terminal, named, KeyFiles.ENCRYPTION_KEY);
    KeyFile file = KeyFiles.readKey(path);
    KeyFingerprint fingerprint = file.fingerprint();
    if (output.isJson(terminal)) {
      ObjectNode json =
          NodeConnection.object()
              .put("path", path.toString())
              .put("kdf", file.kdf().kind().toString())
              .put("created", file.created().toEpochSecond())
              .put("modified", file.modified().toEpochSecond());
      if (fingerprint != null) {
        json.put("fingerprint", fingerprint.toString());
      }
      if (file.hint() != null) {
        json.put("hint", file.hint());
      }
      OutputOption.json(terminal, json);
    } else {
      terminal.line("path:        " + path);
      terminal.line("kdf:         " + file.kdf().kind());
      terminal.line("created:     " + HumanText.time(file.created().toEpochSecond()));
      terminal.line("modified:    " + HumanText.time(file.modified().toEpochSecond()));
      if (fingerprint != null) {
        terminal.line("fingerprint: " + fingerprint);
      }
      if (file.hint() != null) {
        terminal.line("hint:        " + file.hint());
      }
    }
    return ExitCode.OK.number();
  }

  @Command(
      name = "change-passphrase",
      description = {
        "Wrap the key of a file anew, with another passphrase or none.",
        "The key stays the same, and so do its backups."
      })
  int changePassphrase(
      @Mixin NewKeyOptions options,
      @Parameters(arity = "0..1", paramLabel = "FILE", description = DEFAULT_FILE)
          @Nullable Path named)
      throws IOException {
    options.check();
    Path path = KeyFiles.existing(terminal, named, KeyFiles.ENCRYPTION_KEY);
    KeyFile file = KeyFiles.readKey(path);
    EncryptionKey key = KeyFiles.open(terminal, file, path);
    KeyFiles.replace(path, options.wrap(terminal, key, file.created(), "New Password: "));
    return ExitCode.OK.number();
  }

  @Command(
      name = "paperkey",
      description = {
        "Print a key for a safe: as text, and as a QR code.",
        "It is as secret as the file; a passphrase still protects it."
      })
  int paperkey(
      @Option(names = "--subject", paramLabel = "TEXT", description = "Title of the page.")
          @Nullable String subject,
      @Option(
              names = {"--output-format", "--output"},
              paramLabel = "FORMAT",
              description = "text or html; default: html.")
          @Nullable PaperFormat format,
      @Parameters(arity = "0..1", paramLabel = "FILE", description = DEFAULT_FILE)
          @Nullable Path named) {
    Path path = KeyFiles.existing(terminal, named, KeyFiles.ENCRYPTION_KEY);
    PaperKey paper = new PaperKey(KeyFiles.readKey(path), subject);
    terminal.out().print(format == PaperFormat.TEXT ? paper.text() : paper.html());
    return ExitCode.OK.number();
  }
}
