package dev.holdfast.replication.mesh;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.wire.TlsIdentity;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: three sites that know each other by one TLS port are one mesh. Three processes in three
 * network namespaces, joined through tunnels alone; skipped without root.
 */
class MeshInNamespacesTest {
  private static final Duration JOIN_TIME_MAX = Duration.ofSeconds(60);
  private static final Duration NOTICE_TIME_MAX = Duration.ofSeconds(20);

  /** Set to run what waits for heartbeats to fail: some 30 s more. */
  private static final String SLOW_PROPERTY = "holdfast.slow";

  private final Map<String, String> addresses = new LinkedHashMap<>();
  private final Map<String, Site> sites = new LinkedHashMap<>();
  private @Nullable NetNamespaces namespaces;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    String obstacle = NetNamespaces.obstacle();
    assumeTrue(obstacle.isEmpty(), obstacle);
    NetNamespaces network = new NetNamespaces();
    namespaces = network;
    SecureRandom random = new SecureRandom();
    for (String site : List.of("lyon", "paris", "rome")) {
      addresses.put(site, network.addSite(site));
      TlsIdentity identity = TlsIdentity.generate(site, Set.of(), Instant.now(), random);
      Files.write(directory.resolve(site + ".key"), identity.keyPem());
      Files.write(directory.resolve(site + ".pem"), identity.certificatePem());
    }
    for (String site : addresses.keySet()) {
      sites.put(site, new Site(network, directory, site));
    }
  }

  @AfterEach
  void stop() throws IOException {
    sites.values().forEach(site -> site.process.destroyForcibly());
    for (Site site : sites.values()) {
      site.process.onExit().join();
    }
    if (namespaces != null) {
      namespaces.close();
    }
  }

  private Site site(String name) {
    return requireNonNull(sites.get(name));
  }

  private void awaitMembers(String at, String members, Duration timeMax) {
    try {
      Await.until(
          at + " sees " + members, timeMax, () -> site(at).ask("members").equals("up " + members));
    } catch (AssertionError e) {
      sites.values().forEach(site -> e.addSuppressed(new AssertionError(site.logText())));
      throw e;
    }
  }

  @Test
  void sitesJoinThroughTheOnePortAndNoticeAKill() throws IOException {
    for (String at : sites.keySet()) {
      awaitMembers(at, "lyon,paris,rome", JOIN_TIME_MAX);
    }
    assertThat(site("lyon").ask("links")).isEqualTo("paris:TUNNEL,rome:TUNNEL");
    assertOnlyTheOnePort();

    assertThat(site("lyon").ask("publish host/x")).isEqualTo("published");
    for (String at : List.of("paris", "rome")) {
      Await.until(
          at + " hears", NOTICE_TIME_MAX, () -> site(at).ask("heard").equals("lyon/host/x"));
    }
    assertThat(site("paris").ask("lease host/x")).isEqualTo("granted");
    assertThat(site("rome").ask("lease host/x")).isEqualTo("held");

    site("paris").process.destroyForcibly();
    awaitMembers("lyon", "lyon,rome", NOTICE_TIME_MAX);
    awaitMembers("rome", "lyon,rome", NOTICE_TIME_MAX);
    assertThat(site("rome").ask("lease host/x")).as("claimed from the dead").isEqualTo("granted");

    String stopped = site("lyon").ask("stop");
    assertThat(stopped).startsWith("stopped ");
    assertThat(Long.parseLong(stopped.substring("stopped ".length()))).isLessThan(5000);
    awaitMembers("rome", "rome", NOTICE_TIME_MAX);
  }

  private void assertOnlyTheOnePort() throws IOException {
    for (Site site : sites.values()) {
      List<TcpTable.Entry> sockets = TcpTable.of(site.process.pid());
      List<TcpTable.Entry> outside =
          sockets.stream().filter(socket -> !socket.withinLoopback()).toList();
      assertThat(outside)
          .as("sockets of %s beyond loopback", site)
          .isNotEmpty()
          .allMatch(s -> s.localPort() == MeshTestNode.PORT || s.remotePort() == MeshTestNode.PORT);
      assertThat(sockets)
          .as("members of %s on loopback", site)
          .anyMatch(s -> s.listening() && s.localPort() == VirtualAddress.MEMBER_PORT)
          .anyMatch(s -> !s.listening() && s.remotePort() == VirtualAddress.MEMBER_PORT);
    }
  }

  @Test
  @EnabledIfSystemProperty(
      named = SLOW_PROPERTY,
      matches = "true",
      disabledReason = "waits for heartbeats to fail: runs with -D" + SLOW_PROPERTY + "=true")
  void bothSidesOfACutGetTheSameLeaseAndMergeAfterwards() throws IOException {
    for (String at : sites.keySet()) {
      awaitMembers(at, "lyon,paris,rome", JOIN_TIME_MAX);
    }
    requireNonNull(namespaces).cut(1);
    awaitMembers("lyon", "lyon", JOIN_TIME_MAX);
    awaitMembers("rome", "paris,rome", JOIN_TIME_MAX);
    assertThat(site("lyon").ask("lease host/x")).isEqualTo("granted");
    assertThat(site("rome").ask("lease host/x")).isEqualTo("granted");
    requireNonNull(namespaces).heal(1);
    for (String at : sites.keySet()) {
      awaitMembers(at, "lyon,paris,rome", JOIN_TIME_MAX);
    }
    assertThat(site("lyon").ask("publish host/x")).isEqualTo("published");
    Await.until(
        "rome hears", NOTICE_TIME_MAX, () -> site("rome").ask("heard").equals("lyon/host/x"));
  }

  /** A running node. */
  private final class Site {
    private final String name;
    private final Path log;
    private final Process process;
    private final BufferedWriter commands;
    private final BufferedReader answers;

    Site(NetNamespaces network, Path directory, String name) throws IOException {
      this.name = name;
      List<String> command = new ArrayList<>(network.inside(name));
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(
          List.of(
              "-Xmx128m",
              "-XX:+UseSerialGC",
              "-XX:TieredStopAtLevel=1",
              "--enable-native-access=ALL-UNNAMED",
              "--sun-misc-unsafe-memory-access=allow",
              "-cp",
              System.getProperty("java.class.path"),
              MeshTestNode.class.getName(),
              directory.toString(),
              name + "=" + addresses.get(name)));
      addresses.forEach(
          (other, address) -> {
            if (!other.equals(name)) {
              command.add(other + "=" + address);
            }
          });
      this.log = directory.resolve(name + ".log");
      this.process = new ProcessBuilder(command).redirectError(log.toFile()).start();
      this.commands = process.outputWriter(StandardCharsets.UTF_8);
      this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    String ask(String command) {
      try {
        commands.write(command + "\n");
        commands.flush();
        String answer = answers.readLine();
        if (answer == null) {
          throw new AssertionError(
              name + " ended: " + process.waitFor(1, TimeUnit.SECONDS) + " " + process.info());
        }
        return answer;
      } catch (IOException e) {
        throw new UncheckedIOException(name + ": " + command, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }

    /** What it logged, to be read when a test fails. */
    String logText() {
      try {
        return "log of " + name + ":\n" + Files.readString(log);
      } catch (IOException e) {
        return "no log of " + name + ": " + e;
      }
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
