package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.node.NodeIdentity;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.replication.wire.TlsIdentity;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
}
