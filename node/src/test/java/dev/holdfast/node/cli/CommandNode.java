package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.Node;
import dev.holdfast.node.NodeOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A node with a datastore, {@code main}, for commands typed as a user types them; and the user
 * {@code web1@pbs} with a password and a token, who owns everything in it.
 */
final class CommandNode implements AutoCloseable {
  static final String PASSWORD = "a long password";

  private final Path state;
  private final Path secret;
  private final Node node;

  CommandNode(Path directory) {
    state = directory.resolve("state");
    secret = directory.resolve("secret");
    Path password = directory.resolve("password");
    node = Node.start(new NodeOptions(state, null, new HostAndPort("127.0.0.1", 0)));
    try {
      Files.writeString(password, PASSWORD);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    admin("datastore create main " + directory.resolve("store"));
    admin("user create web1@pbs --password-file " + password);
    admin("user token web1@pbs backup --secret-file " + secret);
    admin("acl update /datastore/main DatastoreAdmin --auth-id web1@pbs --auth-id web1@pbs!backup");
  }

  Node node() {
    return node;
  }

  String state() {
    return state.toString();
  }

  /** As the administrator of the state directory; must work. */
  String admin(String line) {
    CommandLineRun run = CommandLineRun.of((line + " --state " + state).split(" "));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    return run.out();
  }

  /** What makes any command act as the token, on the datastore. */
  Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("PBS_REPOSITORY", "web1@pbs!backup@" + node.address() + ":main");
    environment.put("PBS_PASSWORD_FILE", secret.toString());
    environment.put("PBS_FINGERPRINT", node.fingerprint().toString());
    return environment;
  }

  /** As the token. */
  CommandLineRun run(String... arguments) {
    return CommandLineRun.with(environment(), arguments);
  }

  /** As the token, with something on standard input; must work. */
  String mustWork(InputStream in, String... arguments) {
    CommandLineRun run = CommandLineRun.with(environment(), in, arguments);
    assertThat(run.code()).as(run.err()).isZero();
    return run.out();
  }

  String mustWork(String... arguments) {
    return mustWork(InputStream.nullInputStream(), arguments);
  }

  /** As the token; must end with the code, and say the words in its error. */
  void refused(ExitCode code, List<String> words, String... arguments) {
    CommandLineRun run = run(arguments);
    assertThat(run.err()).contains("error: ").doesNotContain("\tat ");
    assertThat(run.err()).contains(words);
    assertThat(run.code()).as(run.err()).isEqualTo(code.number());
  }

  @Override
  public void close() {
    node.close();
  }
}
