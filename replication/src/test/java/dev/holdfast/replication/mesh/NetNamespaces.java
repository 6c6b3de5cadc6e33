package dev.holdfast.replication.mesh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Sites as network namespaces of this machine, joined by a bridge that lives in a namespace of its
 * own, so that the machine's own network is not touched. Needs root and iproute2; gone when closed.
 */
final class NetNamespaces implements AutoCloseable {
  private static final long COMMAND_SECONDS_MAX = 10;

  private final String prefix = "hf" + ProcessHandle.current().pid();
  private final String hub = prefix + "hub";
  private final List<String> made = new ArrayList<>();
  private int sites;

  /** Why it cannot be used here; empty when it can. */
  static String obstacle() {
    try {
      if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
        return "network namespaces need root";
      }
      String probe = "hf" + ProcessHandle.current().pid() + "probe";
      run("ip", "netns", "add", probe);
      run("ip", "netns", "delete", probe);
      return "";
    } catch (IOException | UnsupportedOperationException e) {
      return "network namespaces cannot be made here: " + e.getMessage();
    }
  }

  NetNamespaces() throws IOException {
    add(hub);
    run("ip", "-n", hub, "link", "add", "br0", "type", "bridge");
    run("ip", "-n", hub, "link", "set", "br0", "up");
  }

  private void add(String namespace) throws IOException {
    run("ip", "netns", "add", namespace);
    made.add(namespace);
    run("ip", "-n", namespace, "link", "set", "lo", "up");
  }

  /** Makes a site; the result is its address. */
  String addSite(String name) throws IOException {
    String namespace = prefix + name;
    add(namespace);
    sites++;
    String address = "10.99.77." + sites;
    String port = "p" + sites;
    run(
        "ip", "-n", hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns",
        namespace);
    run("ip", "-n", hub, "link", "set", port, "master", "br0", "up");
    run("ip", "-n", namespace, "address", "add", address + "/24", "dev", "eth0");
    run("ip", "-n", namespace, "link", "set", "eth0", "up");
    return address;
  }

  /** Silence between the site and all others, until it is healed. */
  void cut(int site) throws IOException {
    run("ip", "-n", hub, "link", "set", "p" + site, "nomaster");
  }

  void heal(int site) throws IOException {
    run("ip", "-n", hub, "link", "set", "p" + site, "master", "br0");
  }

  /** The words that run a command inside the site. */
  List<String> inside(String name) {
    return List.of("ip", "netns", "exec", prefix + name);
  }

  @Override
  public void close() throws IOException {
    for (String namespace : made) {
      run("ip", "netns", "delete", namespace);
    }
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(String.join(" ", command) + ": " + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
