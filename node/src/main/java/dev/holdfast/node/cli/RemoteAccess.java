package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TransferRate;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A node as the real client reaches it: its certificate is the one that was named or accepted, a
 * password comes from the environment, an earlier login or the terminal, and the ticket of a login
 * is kept for the next command.
 */
final class RemoteAccess {
  private static final String FINGERPRINT_VARIABLE = "PBS_FINGERPRINT";
  private static final String FINGERPRINT_CREDENTIAL = "fingerprint";

  private final Terminal terminal;
  private final Repository repository;
  private final TransferRate rate;
  private final String server;
  private final AuthId who;
  private final TicketCache tickets;
  private final KnownFingerprints known;

  RemoteAccess(Terminal terminal, Repository repository, TransferRate rate) {
    this.terminal = terminal;
    this.repository = repository;
    this.rate = rate;
    this.server = repository.address().host();
    this.who = repository.authOrDefault();
    this.tickets = new TicketCache(terminal);
    this.known = new KnownFingerprints(terminal);
  }

  /**
   * @param pin what the command line says of the certificate, null = nothing
   */
  void run(@Nullable Fingerprint pin, NodeChoice.Use use) throws Exception {
    Fingerprint expected = pin == null ? expected() : pin;
    Secret given = Passwords.fromEnvironment(terminal).orElse(null);
    Optional<Secret> kept =
        given == null && !who.isToken()
            ? tickets.find(server, who, Instant.now())
            : Optional.empty();
    Secret secret = given != null ? given : kept.orElseGet(() -> Passwords.ask(terminal, who));
    Credential credential =
        who.isToken()
            ? new Credential.Token(who, secret)
            : new Credential.Password(
                who, secret, (user, offered) -> Passwords.askSecond(terminal, user, offered));
    try {
      attempt(expected, credential, use);
    } catch (BackupException e) {
      if (e.kind() == Kind.UNAUTHENTICATED && kept.isPresent()) {
        tickets.remove(server, who);
        throw e.advise("The ticket of an earlier login no longer counts: log in again.");
      }
      throw e;
    }
  }

  private void attempt(@Nullable Fingerprint expected, Credential credential, NodeChoice.Use use)
      throws Exception {
    Fingerprint pin = expected == null && terminal.screen() ? accept(credential) : expected;
    // Without any, the connection is refused with the fingerprint that was found.
    PinnedTrust trust = pin == null ? PinnedTrust.of() : PinnedTrust.of(pin);
    try (NodeConnection node = connect(trust, credential)) {
      use.with(node);
      keepTicket(node);
    }
  }

  private NodeConnection connect(PinnedTrust trust, Credential credential) {
    return new NodeConnection(
        repository.address(), trust, credential, repository.datastore(), rate);
  }

  private void keepTicket(NodeConnection node) {
    node.node()
        .ticket()
        .ifPresent(
            ticket -> {
              try {
                tickets.put(server, who, ticket, Instant.now());
              } catch (IOException e) {
                terminal.message("the ticket of this login could not be kept: " + e.getMessage());
              }
            });
  }

  private @Nullable Fingerprint expected() throws IOException {
    Secret text =
        Variables.find(terminal, FINGERPRINT_VARIABLE, FINGERPRINT_CREDENTIAL).orElse(null);
    return text == null
        ? known.find(server).orElse(null)
        : RepositoryOptions.checked(FINGERPRINT_VARIABLE, text.reveal(), Fingerprint::parse);
  }

  /** Calls without a credential, to be refused; then it is the user's word. */
  private @Nullable Fingerprint accept(Credential credential) throws IOException {
    try (NodeConnection node = connect(PinnedTrust.of(), credential)) {
      var unused = node.get("/ping");
      return null;
    } catch (BackupException e) {
      String text = e.context().get("found");
      if (e.kind() == Kind.PEER_UNTRUSTED && text != null) {
        Fingerprint found = Fingerprint.parse(text);
        if (KnownFingerprints.accepted(terminal, server, found)) {
          known.put(server, found);
          return found;
        }
      }
      throw e;
    }
  }
}
