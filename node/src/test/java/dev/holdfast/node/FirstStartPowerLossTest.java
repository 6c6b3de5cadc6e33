package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.testing.FaultyFiles;
import dev.holdfast.chunkstore.testing.FaultyFiles.Fault;
import dev.holdfast.chunkstore.testing.MemoryDisk;
import dev.holdfast.chunkstore.testing.SetClock;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.replication.wire.TlsIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: what takes several files is done as a whole even when the power goes in between. A
 * first start that was cut short must not leave an administrator whose password nobody knows; a
 * certificate that was to be replaced must not stand beside the key of another. The power goes
 * after the first file operation, after the second, and so on, with all lost that was not synced,
 * and with luck.
 */
final class FirstStartPowerLossTest {
  /** A loop that never ends would be a mistake in the test. */
  private static final int OPERATIONS_MAX = 500;

  private static final AuthId ADMIN = AuthId.parse("admin@pbs");

  private final SetClock clock = new SetClock();
  private final SecureRandom random = new SecureRandom();
  private final Path path;

  FirstStartPowerLossTest(@TempDir Path directory) {
    this.path = directory;
  }

  private MemoryDisk disk() {
    MemoryDisk disk = new MemoryDisk(clock);
    disk.makeDirectories(path);
    return disk;
  }

  private StateDirectory state(FileOps files) {
    return StateDirectory.open(files, path, random);
  }

  private interface Step {
    void on(StateDirectory state);
  }

  /** What the disk holds after the power went, or null when the step ended before. */
  private List<MemoryDisk> interrupted(MemoryDisk disk, Step step, int n) {
    assertThat(n).isLessThan(OPERATIONS_MAX);
    FaultyFiles faulty = new FaultyFiles(disk, Fault.DIES, n);
    try {
      step.on(state(faulty));
    } catch (BackupException e) {
      assertThat(e.text()).isNotBlank();
    }
    return faulty.fired()
        ? List.of(disk.afterPowerLoss(null), disk.afterPowerLoss(new Random(n)))
        : List.of();
  }

  @Test
  void passwordInTheFileIsThatOfTheAdministratorWheneverTheFirstStartWasCutShort() {
    int died = 0;
    for (int n = 1; ; n++) {
      List<MemoryDisk> found = interrupted(disk(), this::start, n);
      if (found.isEmpty()) {
        break;
      }
      died++;
      for (MemoryDisk disk : found) {
        StateDirectory state = state(disk);
        start(state);
        String password =
            new String(
                state.read(FirstAdministrator.PASSWORD_FILE).orElseThrow(),
                StandardCharsets.US_ASCII);
        AccessState access = AccessState.open(state, clock);
        access.authenticator().checkPassword(ADMIN, new Secret(password.strip()));
        assertThat(access.control().users().value().exists(ADMIN)).isTrue();
        assertThat(FirstAdministrator.ensure(access)).isFalse();
      }
    }
    System.out.println("first start: the power went after " + died + " operations");
    assertThat(died).isGreaterThan(30);
  }

  private void start(StateDirectory state) {
    var unused = FirstAdministrator.ensure(AccessState.open(state, clock));
  }

  @Test
  void keyIsThatOfTheCertificateWheneverTheirReplacementWasCutShort() throws IOException {
    TlsIdentity before = TlsIdentity.generate("old", List.of(), clock.instant(), random);
    TlsIdentity after = TlsIdentity.generate("new", List.of(), clock.instant(), random);
    int died = 0;
    for (int n = 1; ; n++) {
      MemoryDisk prepared = disk();
      NodeIdentity.replace(state(prepared), before);
      List<MemoryDisk> found =
          interrupted(prepared, state -> NodeIdentity.replace(state, after), n);
      if (found.isEmpty()) {
        break;
      }
      died++;
      for (MemoryDisk disk : found) {
        Fingerprint shown = opened(disk).requireUsable(clock.instant()).fingerprint();
        assertThat(shown).isIn(before.fingerprint(), after.fingerprint());
      }
    }
    System.out.println("certificate and key: the power went after " + died + " operations");
    assertThat(died).isGreaterThan(10);
  }

  /** By the next start, which reads real files. */
  private TlsIdentity opened(MemoryDisk disk) throws IOException {
    Path real = Files.createTempDirectory(path, "found");
    for (Path file : disk.fileModes(path).keySet()) {
      try (SeekableByteChannel channel = disk.open(file)) {
        ByteBuffer content = ByteBuffer.allocate((int) channel.size());
        channel.read(content);
        Files.write(real.resolve(String.valueOf(file.getFileName())), content.array());
      }
    }
    return NodeIdentity.open(StateDirectory.open(new LocalFiles(), real, random));
  }
}
