package dev.holdfast.node.cli;

import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.Node;
import dev.holdfast.node.NodeOptions;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs a node in the foreground until it is told to stop. */
@Command(
    name = "node",
    description = {
      "Run a node in the foreground.",
      "Prints 'ready https://HOST:PORT fingerprint aa:bb:…' once it serves, and stops within 10 s on"
          + " SIGTERM or SIGINT. At the first start it makes a certificate, and the user admin@pbs"
          + " with a random password in DIR/admin-password."
    })
final class NodeCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--state",
      required = true,
      paramLabel = "DIR",
      description = "directory of everything the node knows besides its datastores")
  private Path state = Path.of("");

  @Option(names = "--config", paramLabel = "FILE", description = "mesh.yaml")
  private @Nullable Path config;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "where to serve (default: what mesh.yaml says, or all addresses, port 8007)")
  private @Nullable String listen;

  NodeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    HostAndPort address =
        listen == null ? null : HostAndPort.parse(listen, HostAndPort.DEFAULT_PORT);
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    try (Node node = Node.start(new NodeOptions(state, config, address))) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stopAndWait(stop, stopped)));
      terminal.line(
          "ready https://" + shown(node.address()) + " fingerprint " + node.fingerprint());
      stop.await();
    } finally {
      stopped.countDown();
    }
    return ExitCode.OK.number();
  }

  /** A wildcard address is no place to go to; the name of this machine is. */
  private static HostAndPort shown(HostAndPort address) {
    boolean any = address.host().equals("::") || address.host().equals("0.0.0.0");
    return any ? new HostAndPort("localhost", address.port()) : address;
  }

  /** The JVM ends when its hooks do, so this one waits for the node; that was asked for, so 0. */
  private static void stopAndWait(CountDownLatch stop, CountDownLatch stopped) {
    stop.countDown();
    try {
      stopped.await();
      Runtime.getRuntime().halt(ExitCode.OK.number());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
