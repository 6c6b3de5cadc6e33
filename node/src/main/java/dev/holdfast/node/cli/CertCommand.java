package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.node.NodeIdentity;
import dev.holdfast.node.StateLock;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.replication.wire.TlsIdentity;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "cert", description = "The certificate of a node.")
final class CertCommand {
  private final Terminal terminal;

  CertCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(
      name = "info",
      description = {
        "Show the certificate of a state directory, and the fingerprint for peers and clients.",
        "Makes the certificate when there is none yet; the node need not run."
      })
  int info(
      @Option(
              names = "--state",
              paramLabel = "DIR",
              required = true,
              description = "State directory of the node; it need not run.")
          Path state,
      @Mixin OutputOption output) {
    TlsIdentity identity =
        NodeIdentity.open(StateDirectory.open(new LocalFiles(), state, new SecureRandom()));
    X509Certificate certificate = identity.certificate();
    String subject = certificate.getSubjectX500Principal().getName();
    if (output.isJson(terminal)) {
      OutputOption.json(
          terminal,
          NodeConnection.object()
              .put("fingerprint", identity.fingerprint().toString())
              .put("subject", subject)
              .put("notbefore", certificate.getNotBefore().toInstant().getEpochSecond())
              .put("notafter", certificate.getNotAfter().toInstant().getEpochSecond()));
    } else {
      terminal.line("fingerprint: " + identity.fingerprint());
      terminal.line("subject:     " + subject);
      terminal.line("not before:  " + certificate.getNotBefore().toInstant());
      terminal.line("not after:   " + certificate.getNotAfter().toInstant());
    }
    return ExitCode.OK.number();
  }

  /** Whose files a command writes. */
  static final class StoppedNode {
    @Option(
        names = "--state",
        paramLabel = "DIR",
        required = true,
        description = "State directory of the node, which must not run.")
    private Path state = Path.of("");
  }

  /** What a self-signed certificate is for, besides the host's own name. */
  static final class Names {
    @Option(names = "--host", paramLabel = "NAME", description = "Further names of the node.")
    private List<String> more = List.of();
  }

  @Command(
      name = "renew",
      description = {
        "Make a new self-signed certificate for the same key; the node must not run.",
        "Its fingerprint is a new one: peers and clients that pin it have to be told."
      })
  int renew(@Mixin StoppedNode node, @Mixin Names names, @Mixin OutputOption output) {
    return replace(
        node,
        output,
        (old, random) -> old.renewed(NodeIdentity.hostName(), names.more, Instant.now(), random));
  }

  @Command(
      name = "rotate",
      description = {
        "Make a new key and a self-signed certificate for it; the node must not run.",
        "After a key was lost to somebody. Peers and clients that pin it have to be told."
      })
  int rotate(@Mixin StoppedNode node, @Mixin Names names, @Mixin OutputOption output) {
    return replace(
        node,
        output,
        (old, random) ->
            TlsIdentity.generate(NodeIdentity.hostName(), names.more, Instant.now(), random));
  }

  @Command(
      name = "install",
      description = "Use a certificate and key of your own (PEM); the node must not run.")
  int install(
      @Mixin StoppedNode node,
      @Parameters(paramLabel = "CERTIFICATE", description = "With its chain, if it has one.")
          Path certificate,
      @Parameters(paramLabel = "KEY", description = "Its private key, unencrypted.") Path key,
      @Mixin OutputOption output) {
    TlsIdentity own = TlsIdentity.load(key, certificate).requireUsable(Instant.now());
    return replace(node, output, (old, random) -> own);
  }

  /** What becomes of the present pair. */
  private interface Change {
    TlsIdentity of(TlsIdentity old, SecureRandom random);
  }

  private int replace(StoppedNode node, OutputOption output, Change change) {
    SecureRandom random = new SecureRandom();
    StateDirectory directory = StateDirectory.open(new LocalFiles(), node.state, random);
    try (StateLock lock = StateLock.take(directory)) {
      TlsIdentity old = NodeIdentity.open(directory);
      TlsIdentity fresh = change.of(old, random);
      NodeIdentity.replace(directory, fresh);
      if (output.isJson(terminal)) {
        OutputOption.json(
            terminal,
            NodeConnection.object()
                .put("old-fingerprint", old.fingerprint().toString())
                .put("fingerprint", fresh.fingerprint().toString()));
      } else {
        terminal.line("old fingerprint: " + old.fingerprint());
        terminal.line("fingerprint:     " + fresh.fingerprint());
      }
    }
    return ExitCode.OK.number();
  }
}
