package dev.holdfast.node.metrics;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Lines put together to bodies or datagrams of a limited size. */
final class Packets {
  private Packets() {}

  /**
   * As many lines in each as fit; one that is longer alone goes alone.
   *
   * @param bytesMax of the text in UTF-8
   */
  static List<String> of(List<String> lines, long bytesMax) {
    List<String> packets = new ArrayList<>();
    StringBuilder packet = new StringBuilder();
    long bytes = 0;
    for (String line : lines) {
      long more = line.getBytes(StandardCharsets.UTF_8).length + 1L;
      if (!packet.isEmpty() && bytes + more > bytesMax) {
        packets.add(packet.toString());
        packet.setLength(0);
        bytes = 0;
      }
      packet.append(line).append('\n');
      bytes += more;
    }
    if (!packet.isEmpty()) {
      packets.add(packet.toString());
    }
    return packets;
  }
}
