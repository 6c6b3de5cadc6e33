package dev.holdfast.node.cli;

import java.util.List;

/** The commands by name. A class is loaded when its command is asked for. */
final class Commands {
  /** In the order of the help. */
  static final List<String> NAMES =
      List.of(
          "node",
          "backup",
          "restore",
          "catalog",
          "diff",
          "mount",
          "snapshot",
          "group",
          "prune",
          "prune-job",
          "verify-job",
          "garbage-collect",
          "namespace",
          "move",
          "key",
          "login",
          "logout",
          "datastore",
          "user",
          "acl",
          "realm",
          "cert",
          "import-config",
          "traffic-control",
          "peer",
          "sync",
          "mesh",
          "notify",
          "alert-rules",
          "metrics",
          "status",
          "task",
          "tree",
          "benchmark",
          "completion",
          "man",
          "version");

  private Commands() {}

  /** Those of the help, and the ones that only {@code scripts/} call. */
  static boolean isKnown(String name) {
    return NAMES.contains(name) || name.equals(AotTraining.NAME) || name.equals(BenchCommand.NAME);
  }

  static Object create(String name, Terminal terminal) {
    return switch (name) {
      case "node" -> new NodeCommand(terminal);
      case "backup" -> new BackupCommand(terminal);
      case "restore" -> new RestoreCommand(terminal);
      case "catalog" -> new CatalogCommand(terminal);
      case "diff" -> new DiffCommand(terminal);
      case "mount" -> new MountCommand(terminal);
      case "snapshot" -> new SnapshotCommand(terminal);
      case "group" -> new GroupCommand(terminal);
      case "prune" -> new PruneCommand(terminal);
      case "prune-job" -> new PruneJobCommand(terminal);
      case "verify-job" -> new VerifyJobCommand(terminal);
      case "garbage-collect" -> new GarbageCollectCommand(terminal);
      case "namespace" -> new NamespaceCommand(terminal);
      case "move" -> new MoveCommand(terminal);
      case "key" -> new KeyCommand(terminal);
      case "login" -> new LoginCommand(terminal);
      case "logout" -> new LogoutCommand(terminal);
      case "datastore" -> new DatastoreCommand(terminal);
      case "user" -> new UserCommand(terminal);
      case "acl" -> new AclCommand(terminal);
      case "realm" -> new RealmCommand(terminal);
      case "cert" -> new CertCommand(terminal);
      case "import-config" -> new ImportConfigCommand(terminal);
      case "traffic-control" -> new TrafficControlCommand(terminal);
      case "peer" -> new PeerCommand(terminal);
      case "sync" -> new SyncCommand(terminal);
      case "mesh" -> new MeshCommand(terminal);
      case "notify" -> new NotifyCommand(terminal);
      case "alert-rules" -> new AlertRulesCommand(terminal);
      case "metrics" -> new MetricsCommand();
      case "status" -> new StatusCommand(terminal);
      case "task" -> new TaskCommand(terminal);
      case "tree" -> new TreeCommand(terminal);
      case "benchmark" -> new BenchmarkCommand(terminal);
      case "completion" -> new CompletionCommand(terminal);
      case "man" -> new ManCommand(terminal);
      case "version" -> new VersionCommand(terminal);
      case AotTraining.NAME -> new AotTraining();
      case BenchCommand.NAME -> new BenchCommand(terminal);
      default -> throw new IllegalArgumentException("no command '" + name + "'");
    };
  }
}
