package dev.holdfast.replication.mesh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Tells whether two nodes share a kernel and its network namespace, and so each other's loopback
 * addresses: then a tunnel between them is neither needed nor possible, because it would bind the
 * address that the other's member has.
 *
 * @param text hash of boot id, network namespace and machine id, so that none of them is shown;
 *     empty when unknown
 */
public record HostIdentity(String text) {
  /** On a system without these files: the same as nobody's. */
  public static final HostIdentity UNKNOWN = new HostIdentity("");

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path NETWORK_NAMESPACE = Path.of("/proc/self/ns/net");
  private static final Path MACHINE_ID = Path.of("/etc/machine-id");

  /** Of this process. Reads three small files. */
  public static HostIdentity current() {
    try {
      String boot = Files.readString(BOOT_ID).strip();
      // A link of the form net:[4026531833]; the number is the inode of the namespace.
      String namespace = Files.readSymbolicLink(NETWORK_NAMESPACE).toString();
      String machine = Files.isReadable(MACHINE_ID) ? Files.readString(MACHINE_ID).strip() : "";
      byte[] hash = VirtualAddress.sha256("holdfast-mesh-v1 host", boot, namespace, machine);
      return new HostIdentity(HexFormat.of().formatHex(hash));
    } catch (IOException | UnsupportedOperationException e) {
      return UNKNOWN;
    }
  }

  public boolean sameHost(HostIdentity other) {
    return !text.isEmpty() && text.equals(other.text);
  }
}
