package dev.holdfast.node.interruption;

import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.node.NodeVertx;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.ArchiveUpload;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.KnownChunks;
import dev.holdfast.replication.peer.ReaderSession;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.peer.UploadMeans;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ForkJoinPool;

/**
 * A client as a process of its own: opens a session, does a part of what it is for, says so on
 * standard output, and stays so until it is killed.
 *
 * <pre>
 * arguments := ("backup" | "reader") address fingerprint secret-file snapshot
 * </pre>
 */
final class HeldSession {
  static final String OPEN = "open";

  private HeldSession() {}

  public static void main(String[] arguments) throws IOException {
    RemoteNode node =
        new RemoteNode(
            NodeVertx.create(1),
            HostAndPort.parse(arguments[1], HostAndPort.DEFAULT_PORT),
            PinnedTrust.of(Fingerprint.parse(arguments[2])),
            new Credential.Local(SecretFiles.read(Path.of(arguments[3]))),
            WireClient.ANSWER_TIMEOUT);
    SnapshotId snapshot = SnapshotId.parse(arguments[4]);
    if (arguments[0].equals("backup")) {
      backUp(node, snapshot);
    } else {
      read(node, snapshot);
    }
  }

  /** Two indexes are being written, and a chunk of one is there. */
  private static void backUp(RemoteNode node, SnapshotId snapshot) throws IOException {
    try (BackupSession session = node.openBackup(TestNode.STORE, Namespace.ROOT, snapshot, false)) {
      UploadMeans means = new UploadMeans(new KnownChunks(), ForkJoinPool.commonPool());
      ArchiveUpload upload = ArchiveUpload.dynamic(session, SmallUpload.ARCHIVE, means);
      upload.chunk(SmallUpload.content(1, 5000), 5000);
      session.blob(SmallUpload.CONF, SmallUpload.blob("a configuration"));
      stay();
    }
  }

  private static void read(RemoteNode node, SnapshotId snapshot) throws IOException {
    try (ReaderSession session = node.openReader(TestNode.STORE, Namespace.ROOT, snapshot)) {
      var index = session.index(SmallUpload.ARCHIVE);
      var unused = session.chunk(index.digest(0));
      stay();
    }
  }

  private static void stay() throws IOException {
    System.out.println(OPEN);
    var unused = System.in.read(); // for ever
  }
}
