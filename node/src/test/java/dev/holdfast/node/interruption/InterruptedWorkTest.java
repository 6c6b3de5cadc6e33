package dev.holdfast.node.interruption;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.node.NodeVertx;
import dev.holdfast.node.testing.NodeProcess;
import dev.holdfast.node.testing.NodeProgram;
import dev.holdfast.node.testing.TaskRuns;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.Await;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * At stake: work on a datastore may be stopped at any moment: by somebody (abort), with the node
 * (SIGTERM), or by nothing that asks (SIGKILL). A node runs as a process; each kind of work is
 * begun at it and interrupted in the middle, one by one by aborts, all at once by signals. Then its
 * task has an end, the next start says what it found, nothing half-done lies about, whatever is
 * listed can be restored, and the work can be done again to its end.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class InterruptedWorkTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  /** After that somebody who waits for the end of what he aborted tries harder. */
  private static final Duration ABORT_TIME_MAX = Duration.ofSeconds(1);

  /** What a service manager waits. */
  private static final Duration STOP_TIME_MAX = Duration.ofSeconds(10);

  private static final Pattern RESUMED =
      Pattern.compile("goes on with an interrupted move, task (\\S+)");

  private final Vertx vertx = NodeVertx.create(1);
  private final Path directory;
  private final ManySnapshots store;
  private final NodeProcess node;

  /** A task that works on a namespace. */
  private record Begun(Work work, Namespace namespace, String upid) {}

  private enum Signal {
    TERM,
    KILL
  }

  InterruptedWorkTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    Path main = directory.resolve("main");
    Path other = directory.resolve("other");
    store = ManySnapshots.write(main, other);
    List<String> yaml =
        List.of(
            "site: lyon",
            "datastores:",
            TestNode.declare(TestNode.STORE, main),
            TestNode.declare(new DatastoreName("other"), other));
    node = NodeProcess.prepare(NodeProgram.prepare(directory), directory.resolve("lyon"), yaml);
  }

  @BeforeAll
  void start() throws IOException {
    node.start();
    node.awaitReady();
    node.stop(); // in order, once: the JVM writes its archive of classes, which takes its time
    node.awaitEnd();
    node.start();
    awaitLookedThrough();
  }

  /** Whatever was done before: what is there now is whole. */
  @AfterAll
  void end() throws IOException {
    try (node) {
      node.stop();
      node.awaitEnd();
      assertListedCanBeRestored();
      for (String made : List.of("main", "other", "lyon/state")) {
        assertThat(ManySnapshots.temporaryFiles(directory.resolve(made))).isEmpty();
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsAbortedEndsAtOnceAndCanBeDoneAgain(Work work) throws IOException {
    try (RemoteNode admin = node.admin(vertx)) {
      TaskRuns tasks = new TaskRuns(admin);
      Namespace namespace = store.copy(work + "-abort");
      String upid = begin(admin, work, namespace).upid();

      long began = System.nanoTime();
      var unused = admin.delete("/nodes/localhost/tasks/" + upid, Map.of());
      Await.until("the end of what was aborted", SOON, () -> hasEnded(admin, upid));
      Duration took = Duration.ofNanos(System.nanoTime() - began);

      System.out.printf("%s: ended %d ms after the abort%n", work, took.toMillis());
      assertThat(took).isLessThan(ABORT_TIME_MAX);
      assertThat(tasks.log(upid))
          .contains("received abort request ...")
          .endsWith("TASK ERROR: " + work.abortedAs);
      assertThat(filedAs(admin, upid)).isEqualTo(work.abortedAs);
      assertThat(tasks.ended(work.again(admin, namespace))).isEqualTo("OK");
      work.assertDone(store, namespace);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatEndedWithTheNodeIsFiledAndToldAndCanBeDoneAgain(Signal signal) throws IOException {
    List<Namespace> namespaces = new ArrayList<>();
    for (Work work : Work.values()) {
      namespaces.add(store.copy(work + "-" + signal));
    }
    Namespace removed = store.copy("removal-" + signal);
    List<Begun> all = new ArrayList<>();
    try (RemoteNode admin = node.admin(vertx)) {
      CompletableFuture<Void> removal = CompletableFuture.completedFuture(null);
      Iterator<Namespace> free = namespaces.iterator();
      for (Work work : Work.values()) {
        if (work == Work.PRUNE) { // which is over soon, as the removal is
          removal = beginRemoval(admin, removed);
        }
        all.add(begin(admin, work, free.next()));
      }
      end(signal);
      var unused = removal.exceptionally(e -> null).join(); // of a node that is gone
    }
    assertListedCanBeRestored();
    node.start();
    awaitLookedThrough();
    try (RemoteNode admin = node.admin(vertx)) {
      List<Begun> interrupted = interrupted(admin, all);
      interrupted.forEach(begun -> assertFiled(admin, begun, signal));
      for (Begun begun : interrupted) {
        boolean goesOn = begun.work() == Work.MOVE;
        String again = goesOn ? resumed() : begun.work().again(admin, begun.namespace());
        assertThat(new TaskRuns(admin).ended(again)).as("%s", begun).isEqualTo("OK");
        begun.work().assertDone(store, begun.namespace());
      }
      if (store.exists(removed)) { // the removal may have been quicker than the signal
        remove(admin, removed);
      }
    }
    assertThat(store.exists(removed)).isFalse();
  }

  /** Returns when it is under way, or done. */
  private CompletableFuture<Void> beginRemoval(RemoteNode admin, Namespace namespace) {
    CompletableFuture<Void> removal = CompletableFuture.runAsync(() -> remove(admin, namespace));
    Await.until(
        "the removal is under way",
        SOON,
        () -> store.count(namespace) < ManySnapshots.SNAPSHOTS || removal.isDone());
    return removal;
  }

  private static void remove(RemoteNode admin, Namespace namespace) {
    var unused =
        admin.delete(
            Work.STORE + "/namespace", Map.of("ns", namespace.toString(), "delete-groups", "true"));
  }

  /** Returns when it is under way. */
  private Begun begin(RemoteNode admin, Work work, Namespace namespace) {
    String upid = work.begin(admin, namespace);
    TaskRuns tasks = new TaskRuns(admin);
    Await.until(
        work + " is under way",
        SOON,
        () -> work.isUnderWay(tasks, upid, store, namespace) || hasEnded(admin, upid));
    return new Begun(work, namespace, upid);
  }

  // ---- the end of the node, and its next start ----

  private void end(Signal signal) {
    long began = System.nanoTime();
    switch (signal) {
      case TERM -> node.stop();
      case KILL -> node.kill();
    }
    node.awaitEnd();
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    System.out.printf("%s: the process ended after %d ms%n", signal, took.toMillis());
    assertThat(took).isLessThan(STOP_TIME_MAX);
  }

  private void awaitLookedThrough() throws IOException {
    node.awaitReady();
    Await.until(
        "the node has looked for remains",
        SOON,
        () -> node.logText().lines().filter(line -> line.contains("looked for what")).count() == 2);
  }

  /**
   * What the signal found at work. On a slow machine the first may be over when the last begins.
   */
  private static List<Begun> interrupted(RemoteNode admin, List<Begun> all) {
    List<Begun> interrupted =
        all.stream().filter(begun -> !filedAs(admin, begun.upid()).equals("OK")).toList();
    System.out.println("interrupted: " + interrupted.stream().map(Begun::work).toList());
    assertThat(interrupted).as("what was interrupted").isNotEmpty();
    return interrupted;
  }

  private void assertFiled(RemoteNode admin, Begun begun, Signal signal) {
    String expected = signal == Signal.KILL ? "unknown" : begun.work().abortedAs;
    assertThat(filedAs(admin, begun.upid())).as("%s", begun).isEqualTo(expected);
    if (signal == Signal.KILL) {
      assertThat(node.logText())
          .contains("task " + begun.upid() + " did not end with its process: filed as 'unknown'");
    }
  }

  private String resumed() {
    Matcher found = RESUMED.matcher(node.logText());
    assertThat(found.find()).as("goes on with the move: %s", node.logText()).isTrue();
    return found.group(1);
  }

  // ---- what must hold ----

  private static boolean hasEnded(RemoteNode admin, String upid) {
    JsonNode status = admin.get("/nodes/localhost/tasks/" + upid + "/status", Map.of());
    return status.path("status").asText().equals("stopped");
  }

  /** How the list of tasks says that a task ended. */
  private static String filedAs(RemoteNode admin, String upid) {
    for (JsonNode task : admin.get("/nodes/localhost/tasks", Map.of("limit", "0"))) {
      if (task.path("upid").asText().equals(upid)) {
        assertThat(task.has("endtime")).isTrue();
        return task.path("status").asText();
      }
    }
    throw new AssertionError("not in the list: task " + upid);
  }

  /** Chunk by chunk, in the directory of a node that is gone. */
  private void assertListedCanBeRestored() {
    List<String> problems = new ArrayList<>();
    AtomicInteger count = new AtomicInteger();
    for (Path base : store.bases()) {
      try (Datastore opened = TestStores.open(base)) {
        SnapshotVerifier verifier = new SnapshotVerifier(opened);
        TestStores.eachFinished(
            opened,
            (namespace, snapshot) -> {
              count.incrementAndGet();
              problems.addAll(verifier.verify(namespace, snapshot));
            });
      }
    }
    System.out.println(count + " snapshots are listed, and can be restored");
    assertThat(problems).isEmpty();
  }
}
