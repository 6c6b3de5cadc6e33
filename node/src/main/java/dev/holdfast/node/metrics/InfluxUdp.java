package dev.holdfast.node.metrics;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * An InfluxDB that listens for datagrams. Nobody learns whether they arrive.
 *
 * @param packetBytesMax of the text in one datagram
 */
record InfluxUdp(String name, HostAndPort address, int packetBytesMax) implements MetricServer {
  static final int PACKET_BYTES_MAX_DEFAULT = 1500;

  static InfluxUdp of(Section section) {
    String mtu = section.value("mtu");
    return new InfluxUdp(
        section.id(),
        address(section.id(), String.valueOf(section.value("host"))),
        mtu == null ? PACKET_BYTES_MAX_DEFAULT : (int) SectionValues.integer(mtu));
  }

  private static HostAndPort address(String name, String text) {
    try {
      HostAndPort address = HostAndPort.parse(text, 0);
      if (address.port() == 0) {
        throw BackupException.invalid("there is no port");
      }
      return address;
    } catch (BackupException e) {
      throw new BackupException(
          Kind.INVALID_INPUT,
          "metric server '"
              + name
              + "' has the host '"
              + text
              + "', expected HOST:PORT with a port from 1 to "
              + HostAndPort.PORT_MAX
              + " ("
              + e.text()
              + ")",
          e);
    }
  }

  /** Whether its name is known. */
  @Override
  public void probe() {
    var unused = resolved();
  }

  @Override
  public void send(List<String> lines) {
    InetSocketAddress to = resolved();
    try (DatagramSocket socket = new DatagramSocket()) {
      for (String packet : Packets.of(lines, packetBytesMax)) {
        byte[] bytes = packet.getBytes(StandardCharsets.UTF_8);
        socket.send(new DatagramPacket(bytes, bytes.length, to));
      }
    } catch (IOException e) {
      throw new BackupException(
          Kind.PEER_UNREACHABLE, "metric server '" + name + "' cannot be sent to: " + e, e);
    }
  }

  private InetSocketAddress resolved() {
    InetSocketAddress to = new InetSocketAddress(address.host(), address.port());
    if (to.isUnresolved()) {
      throw new BackupException(
          Kind.PEER_UNREACHABLE,
          "metric server '" + name + "': there is no host '" + address.host() + "'");
    }
    return to;
  }
}
