package dev.holdfast.node.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.testing.FaultyFiles;
import dev.holdfast.chunkstore.testing.FaultyFiles.Fault;
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.MemoryDisk;
import dev.holdfast.chunkstore.testing.SetClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * At stake: the power may go while a configuration file is written, and a node that then finds an
 * empty one has lost its users, or does not start. Each change is made with a fault at its first
 * file operation, at its second, and so on; the fault is an error, a torn write, or the end of
 * everything, after which all that was not synced is lost, or a part of it that follows from a
 * seed. After each the file is the old or the new one, whole, and nobody but its owner could read
 * it at any moment; the next start removes what was left beside it, and the change can be made
 * again.
 */
final class StatePowerLossTest {
  /** A loop that never ends would be a mistake in the test. */
  private static final int OPERATIONS_MAX = 100;

  private static final long SEED = 5;
  private static final String NONE = "(no file)";
  private static final AuthId ALICE = AuthId.parse("alice@pbs");
  private static final AuthId BOB = AuthId.parse("bob@pbs");
  private static final Secret SECRET = new Secret("of a test");
  private static final String JOB_STATE = "jobstates/prunejob-nightly.json";

  private final SetClock clock = new SetClock();
  private final Path path;

  StatePowerLossTest(@TempDir Path directory) {
    this.path = directory;
  }

  /** What is done to a file that was brought to be by what is done before. */
  private record Change(
      String name, String file, Consumer<StateDirectory> before, Consumer<StateDirectory> change) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Change> changes() {
    Consumer<StateDirectory> nothing = state -> {};
    Consumer<StateDirectory> alice = addUser(ALICE);
    Consumer<StateDirectory> password = state -> ShadowFile.passwords(state).set("alice", SECRET);
    Consumer<StateDirectory> tokens =
        state -> {
          ShadowFile.tokens(state).set("alice@pbs!one", SECRET);
          ShadowFile.tokens(state).set("alice@pbs!two", SECRET);
        };
    Consumer<StateDirectory> jobState =
        state -> {
          var unused = state.directory("jobstates");
          write(JOB_STATE, "{\"created\":{\"time\":1}}").accept(state);
        };
    return Stream.of(
        new Change("the first user", "user.cfg", nothing, alice),
        new Change("one more user", "user.cfg", alice, addUser(BOB)),
        new Change(
            "a user goes",
            "user.cfg",
            alice.andThen(addUser(BOB)),
            state -> users(state).update(users -> users.without(ALICE))),
        new Change("the first password", "shadow.json", nothing, password),
        new Change(
            "another password",
            "shadow.json",
            password,
            state -> ShadowFile.passwords(state).set("alice", new Secret("another"))),
        new Change(
            "a token goes",
            "token.shadow",
            tokens,
            state -> ShadowFile.tokens(state).remove("alice@pbs!one")),
        new Change("a file in a directory", JOB_STATE, nothing, jobState),
        new Change("a file goes", JOB_STATE, jobState, state -> state.delete(JOB_STATE)),
        new Change(
            "a file gets the name of another",
            "proxy.pem",
            write("proxy.pem", "old").andThen(write("proxy.pem.new", "new")),
            state -> {
              if (state.read("proxy.pem.new").isPresent()) {
                state.rename("proxy.pem.new", "proxy.pem");
              }
            }));
  }

  private static Consumer<StateDirectory> addUser(AuthId user) {
    return state -> users(state).update(users -> users.with(UserConfig.Entry.of(user)));
  }

  private static StateFile<UserConfig> users(StateDirectory state) {
    return new StateFile<>(state, "user.cfg", UserConfig::parse, UserConfig::format);
  }

  private static Consumer<StateDirectory> write(String file, String content) {
    return state -> state.write(file, content.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void fileIsTheOldOrTheNewOneWhereverItFailedOrThePowerWent(Change change) {
    int failed = 0;
    for (Fault fault : new Fault[] {Fault.FAILS, Fault.TORN}) {
      for (int n = 1; holds(change, fault, n, null); n++) {
        failed++;
      }
    }
    int died = 0;
    for (int n = 1; holds(change, Fault.DIES, n, null); n++) {
      holds(change, Fault.DIES, n, new Random(n));
      died++;
    }
    System.out.printf(
        "%s: %d operations failed or were torn, the power went after %d, each with all lost and"
            + " with luck%n",
        change, failed, died);
    assertThat(failed).isGreaterThan(1);
    assertThat(died).isGreaterThan(1);
  }

  /** False when the change ended before the fault. */
  private boolean holds(Change change, Fault fault, int n, @Nullable Random luck) {
    assertThat(n).isLessThan(OPERATIONS_MAX);
    MemoryDisk disk = prepared(change);
    String before = content(disk, change);
    MemoryDisk undisturbed = prepared(change);
    change.change().accept(open(undisturbed));
    String after = content(undisturbed, change);
    assertThat(after).isNotEqualTo(before);

    FaultyFiles faulty = new FaultyFiles(disk, fault, n);
    boolean ended = attempt(change, faulty);
    assertOwnersOnly(disk);
    MemoryDisk found = fault == Fault.DIES ? disk.afterPowerLoss(luck) : disk;
    String as = change + ", " + fault + " at operation " + n;
    if (ended) {
      assertThat(content(found, change)).as(as).isEqualTo(after);
    } else {
      assertThat(content(found, change)).as(as).isIn(before, after);
    }

    StateDirectory state = open(found);
    var unused = state.removeTemporaryFiles();
    assertThat(found.fileModes(path).keySet())
        .as(as)
        .noneMatch(file -> AtomicFiles.isTemporary(String.valueOf(file.getFileName())));
    change.change().accept(state);
    assertThat(content(found, change)).as(as).isEqualTo(after);
    assertOwnersOnly(found);
    return faulty.fired();
  }

  private MemoryDisk prepared(Change change) {
    MemoryDisk disk = new MemoryDisk(clock);
    disk.makeDirectories(path);
    change.before().accept(open(disk));
    return disk;
  }

  private StateDirectory open(FileOps files) {
    return StateDirectory.open(files, path, FixedRandom.of(SEED));
  }

  /** True when nothing was refused. */
  private boolean attempt(Change change, FileOps files) {
    try {
      change.change().accept(open(files));
      return true;
    } catch (BackupException e) {
      assertThat(e.text()).isNotBlank();
      return false;
    }
  }

  private String content(FileOps files, Change change) {
    return open(files)
        .read(change.file())
        .map(content -> new String(content, StandardCharsets.UTF_8))
        .orElse(NONE);
  }

  /** A file has its mode from its first moment, and there is no operation that changes it. */
  private void assertOwnersOnly(MemoryDisk disk) {
    assertThat(disk.fileModes(path).values())
        .allSatisfy(mode -> assertThat(mode).isEqualTo(StateDirectory.FILE_MODE));
  }
}
