package dev.holdfast.node.interruption;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.testing.TaskRuns;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.RemoteNode;
import java.util.Map;

/** What is interrupted: each kind of long work on a datastore that is a task, the longest first. */
enum Work {
  COLLECTION("task aborted") {
    @Override
    String begin(RemoteNode admin, Namespace namespace) {
      return admin.post(STORE + "/gc", null).asText();
    }

    @Override
    boolean isUnderWay(TaskRuns tasks, String upid, ManySnapshots store, Namespace namespace) {
      return tasks.log(upid).stream().anyMatch(line -> line.startsWith("marked"));
    }
  },
  VERIFICATION("verification failed - job aborted") {
    @Override
    String begin(RemoteNode admin, Namespace namespace) {
      ObjectNode body = TestNode.json("ns", namespace.toString()).put("ignore-verified", false);
      return admin.post(STORE + "/verify", body).asText();
    }

    @Override
    boolean isUnderWay(TaskRuns tasks, String upid, ManySnapshots store, Namespace namespace) {
      return tasks.log(upid).stream().anyMatch(line -> line.startsWith("percentage done"));
    }
  },
  /** To the other datastore, which takes longer than within one. */
  MOVE("task aborted") {
    @Override
    String begin(RemoteNode admin, Namespace namespace) {
      ObjectNode body =
          TestNode.json("ns", namespace.toString())
              .put("target-ns", namespace.toString())
              .put("target-store", "other");
      return admin.post(STORE + "/move-namespace", body).asText();
    }

    /** What was stopped is taken up. */
    @Override
    String again(RemoteNode admin, Namespace namespace) {
      var moves = admin.get(STORE + "/moves", Map.of());
      String name = moves.path(moves.size() - 1).path("move").asText();
      return admin.post(STORE + "/moves/" + name, TestNode.json("action", "resume")).asText();
    }

    @Override
    void assertDone(ManySnapshots store, Namespace namespace) {
      assertThat(store.count(namespace)).isZero();
      assertThat(store.countBeside(namespace)).isEqualTo(ManySnapshots.SNAPSHOTS);
    }
  },
  PRUNE("task aborted") {
    @Override
    String begin(RemoteNode admin, Namespace namespace) {
      ObjectNode body = TestNode.json("ns", namespace.toString()).put("keep-last", 1);
      return admin.post(STORE + "/prune-datastore", body).asText();
    }

    @Override
    void assertDone(ManySnapshots store, Namespace namespace) {
      assertThat(store.count(namespace)).isEqualTo(ManySnapshots.GROUPS);
    }
  };

  static final String STORE = "/admin/datastore/main";

  /** How its task ends when somebody stops it. */
  final String abortedAs;

  Work(String abortedAs) {
    this.abortedAs = abortedAs;
  }

  /** The task. */
  abstract String begin(RemoteNode admin, Namespace namespace);

  /** The same after it was stopped. */
  String again(RemoteNode admin, Namespace namespace) {
    return begin(admin, namespace);
  }

  boolean isUnderWay(TaskRuns tasks, String upid, ManySnapshots store, Namespace namespace) {
    return store.count(namespace) < ManySnapshots.SNAPSHOTS;
  }

  void assertDone(ManySnapshots store, Namespace namespace) {
    assertThat(store.count(namespace)).isEqualTo(ManySnapshots.SNAPSHOTS);
  }
}
