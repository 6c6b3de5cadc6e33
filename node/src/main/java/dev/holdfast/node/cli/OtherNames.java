package dev.holdfast.node.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Commands by the names that proxmox-backup-client has for them, and had when it was younger:
 * scripts and Proxmox VE call them so (spec/clients.md §2). They are not in the help.
 */
final class OtherNames {
  private static final Map<String, List<String>> OURS =
      Map.of(
          "list", List.of("group", "list"),
          "change-owner", List.of("group", "change-owner"),
          "snapshots", List.of("snapshot", "list"),
          "files", List.of("snapshot", "files"),
          "forget", List.of("snapshot", "forget"),
          "upload-log", List.of("snapshot", "upload-log"));

  private OtherNames() {}

  /** The same command line with our name of the command, which comes first. */
  static String[] translated(String... args) {
    List<String> ours = args.length == 0 ? null : OURS.get(args[0]);
    if (ours == null) {
      return args;
    }
    List<String> all = new ArrayList<>(ours);
    all.addAll(Arrays.asList(args).subList(1, args.length));
    return all.toArray(String[]::new);
  }
}
