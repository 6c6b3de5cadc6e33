package dev.holdfast.replication.mesh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** The TCP sockets of a process's network namespace, as the kernel lists them. */
final class TcpTable {
  private static final int LISTEN = 0x0a;

  private TcpTable() {}

  /** One socket; addresses as {@code 10.99.77.1}, IPv4 within IPv6 included. */
  record Entry(String local, int localPort, String remote, int remotePort, boolean listening) {
    boolean withinLoopback() {
      return local.startsWith("127.") && (listening || remote.startsWith("127."));
    }
  }

  static List<Entry> of(long pid) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String file : List.of("tcp", "tcp6")) {
      List<String> lines = Files.readAllLines(Path.of("/proc", "" + pid, "net", file));
      for (String line : lines.subList(1, lines.size())) {
        // sl local_address rem_address st …, the addresses as HEX:PORT
        String[] words = line.strip().split("\\s+", -1);
        String[] local = words[1].split(":", -1);
        String[] remote = words[2].split(":", -1);
        entries.add(
            new Entry(
                address(local[0]),
                Integer.parseInt(local[1], 16),
                address(remote[0]),
                Integer.parseInt(remote[1], 16),
                Integer.parseInt(words[3], 16) == LISTEN));
      }
    }
    return entries;
  }

  /** The last (or only) 32-bit word, which the kernel prints in the machine's byte order. */
  private static String address(String hex) {
    byte[] word = HexFormat.of().parseHex(hex.substring(hex.length() - 8));
    return (word[3] & 0xff)
        + "."
        + (word[2] & 0xff)
        + "."
        + (word[1] & 0xff)
        + "."
        + (word[0] & 0xff);
  }
}
