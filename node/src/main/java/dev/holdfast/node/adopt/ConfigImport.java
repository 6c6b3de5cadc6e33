package dev.holdfast.node.adopt;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.Acl;
import dev.holdfast.node.access.Hashes;
import dev.holdfast.node.access.RealmConfig;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.ShadowFile;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.UserConfig;
import dev.holdfast.node.access.tfa.Factor;
import dev.holdfast.node.access.tfa.TfaConfig;
import dev.holdfast.node.access.tfa.UserFactors;
import dev.holdfast.node.adopt.ImportItem.Outcome;
import dev.holdfast.node.job.RemoteConfig;
import dev.holdfast.node.job.SyncJobConfig;
import dev.holdfast.node.maintenance.PruneJobConfig;
import dev.holdfast.node.maintenance.VerifyJobConfig;
import dev.holdfast.node.traffic.TrafficRule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Brings the configuration of a Proxmox Backup Server, {@code /etc/proxmox-backup}, into a state
 * directory: first everything is read, checked and worked out, then written, secrets before those
 * who have them. Nothing that is here is changed. What was interrupted is finished by doing it
 * again. The node must not run meanwhile.
 */
public final class ConfigImport {
  /** No configuration comes near. */
  private static final long FILE_BYTES_MAX = 16 * 1024 * 1024;

  /** Files that have no place here, and what to do instead. */
  private static final Map<String, String> LEFT_OUT =
      Map.ofEntries(
          Map.entry("node.cfg", "the node's options are in mesh.yaml"),
          Map.entry("notifications.cfg", "copy it into the state directory: it is read as it is"),
          Map.entry(
              "notifications-priv.cfg", "copy it into the state directory: it is read as it is"),
          Map.entry("metricserver.cfg", "metrics are fetched from this node"),
          Map.entry("s3.cfg", "this node has no object storage"),
          Map.entry(
              "encryption-keys.cfg",
              "keep each key anew: POST config/encryption-keys with its file as key"),
          Map.entry("authkey.key", "logins begin anew: tickets live two hours"),
          Map.entry("authkey.pub", "logins begin anew: tickets live two hours"),
          Map.entry("csrf.key", "logins begin anew: tickets live two hours"),
          Map.entry("proxy.pem", "to keep its fingerprint: holdfast cert install PEM KEY"),
          Map.entry("proxy.key", "to keep its fingerprint: holdfast cert install PEM KEY"));

  private final Path source;
  private final StateDirectory target;
  private final Map<String, ImportedFile> files = new LinkedHashMap<>();
  private final List<ImportItem> leftOut = new ArrayList<>();

  private ConfigImport(Path source, StateDirectory target) {
    this.source = source;
    this.target = target;
  }

  /** Works out what there is to do; throws INVALID_INPUT when the directory holds none of it. */
  public static ConfigImport plan(Path source, StateDirectory target) {
    ConfigImport plan = new ConfigImport(source, target);
    if (!Files.isRegularFile(source.resolve("user.cfg"))
        && !Files.isRegularFile(source.resolve("datastore.cfg"))) {
      throw BackupException.invalid("'" + source + "' has neither 'user.cfg' nor 'datastore.cfg'")
          .advise("Name the configuration directory of a server: /etc/proxmox-backup.");
    }
    plan.secrets();
    plan.sections();
    plan.acl();
    plan.others();
    return plan;
  }

  /** What becomes of each thing, file by file. */
  public List<ImportItem> items() {
    return Stream.concat(
            files.values().stream().flatMap(file -> file.items().stream()), leftOut.stream())
        .toList();
  }

  /** Writes what is new. */
  public void apply() {
    files.forEach(
        (name, file) -> {
          if (file.changed()) {
            target.write(name, file.content().getBytes(StandardCharsets.UTF_8));
          }
        });
  }

  // ---- secrets ----

  private void secrets() {
    for (String name : List.of("shadow.json", "token.shadow")) {
      secrets(
          name,
          hash ->
              Hashes.isReadable(hash)
                  ? ""
                  : "its hash cannot be checked on this machine: set a new one");
    }
    secrets("ldap_passwords.json", password -> "");
    secondFactors();
  }

  private void secrets(String name, UnaryOperator<String> remark) {
    put(
        name,
        ImportedFile.ofSecrets(
            name,
            parsed(name, there(name), ShadowFile::parse),
            parsed(name, here(name), ShadowFile::parse),
            remark));
  }

  private void put(String name, ImportedFile file) {
    files.put(name, file);
  }

  private void secondFactors() {
    String name = "tfa.json";
    TfaConfig there = parsed(name, there(name), TfaConfig::parse);
    TfaConfig here = parsed(name, here(name), TfaConfig::parse);
    TfaConfig after = here;
    List<ImportItem> items = new ArrayList<>();
    for (Map.Entry<AuthId, UserFactors> user : there.users().entrySet()) {
      UserFactors old = here.users().get(user.getKey());
      String id = user.getKey().toString();
      if (old == null) {
        after = after.withUser(user.getKey(), user.getValue());
        items.add(new ImportItem(name, id, Outcome.NEW, unusable(user.getValue())));
      } else {
        items.add(ImportedFile.existing(name, id, old.equals(user.getValue())));
      }
    }
    if (there.webauthn() != null) {
      if (here.webauthn() == null) {
        after = after.withWebauthn(there.webauthn());
        items.add(new ImportItem(name, "webauthn", Outcome.NEW, ""));
      } else {
        items.add(
            ImportedFile.existing(name, "webauthn", there.webauthn().equals(here.webauthn())));
      }
    }
    boolean changed = !after.format().equals(here.format());
    put(name, new ImportedFile(items, after.format(), changed));
  }

  private static String unusable(UserFactors user) {
    String kinds =
        user.factors().stream()
            .filter(Factor::enabled)
            .map(Factor::kind)
            .filter(kind -> !kind.isUsable())
            .map(kind -> kind.text())
            .distinct()
            .collect(Collectors.joining(", "));
    return kinds.isEmpty() ? "" : "of these, this node does not know " + kinds;
  }

  // ---- sections ----

  private void sections() {
    section("user.cfg", text -> UserConfig.parse(text).format(), text -> "");
    section("domains.cfg", text -> RealmConfig.parse(text).format(), text -> "");
    section("remote.cfg", text -> RemoteConfig.parse(text).format(), text -> "");
    section("prune.cfg", text -> PruneJobConfig.parseFile(text).format(), text -> "");
    section("verification.cfg", text -> VerifyJobConfig.parseFile(text).format(), text -> "");
    section(TrafficRule.FILE, text -> TrafficRule.parseFile(text).format(), text -> "");
    section("sync.cfg", text -> SyncJobConfig.parseFile(text).format(), ConfigImport::syncRemark);
  }

  private void section(String name, UnaryOperator<String> normal, UnaryOperator<String> remark) {
    put(name, ImportedFile.ofSections(name, there(name), here(name), normal, remark));
  }

  /** A job that asks for more than this node can do comes, and does not run. */
  private static String syncRemark(String text) {
    for (SectionConfig.Section section : SyncJobConfig.parseFile(text).sections()) {
      try {
        var unused = SyncJobConfig.of(section).toSync();
      } catch (BackupException e) {
        return "will not run: " + e.text();
      }
    }
    return "";
  }

  // ---- access control ----

  private void acl() {
    String name = "acl.cfg";
    Acl here = parsed(name, here(name), Acl::parse);
    Acl after = here;
    List<ImportItem> items = new ArrayList<>();
    for (String line : there(name).lines().filter(text -> !text.isBlank()).toList()) {
      try {
        for (Acl.Entry entry : Acl.parse(line).entries()) {
          String id = entry.path() + " " + entry.id() + " " + entry.role().text();
          List<Acl.Entry> known =
              here.entries().stream()
                  .filter(old -> old.path().equals(entry.path()) && old.id().equals(entry.id()))
                  .toList();
          if (known.isEmpty()) {
            after = after.with(entry);
            items.add(new ImportItem(name, id, Outcome.NEW, ""));
          } else {
            items.add(ImportedFile.existing(name, id, known.contains(entry)));
          }
        }
      } catch (BackupException e) {
        items.add(new ImportItem(name, line.strip(), Outcome.LEFT_OUT, e.text()));
      }
    }
    put(name, new ImportedFile(items, after.format(), !after.format().equals(here.format())));
  }

  // ---- the rest ----

  private void others() {
    datastores();
    try (Stream<Path> all = Files.list(source)) {
      all.filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.startsWith(".") && !name.endsWith(".lock"))
          .filter(name -> !files.containsKey(name) && !name.equals("datastore.cfg"))
          .sorted()
          .forEach(
              name ->
                  leftOut.add(
                      new ImportItem(
                          name,
                          name,
                          Outcome.LEFT_OUT,
                          LEFT_OUT.getOrDefault(name, "this node does not know it"))));
    } catch (IOException e) {
      throw unreadable(source, e);
    }
  }

  /** Their directories may be anywhere by now, so that each is taken over by a command. */
  private void datastores() {
    String store = "";
    for (String line : there("datastore.cfg").lines().map(String::strip).toList()) {
      if (line.startsWith("datastore:")) {
        store = line.substring(line.indexOf(':') + 1).strip();
      } else if (line.startsWith("path ")) {
        String command =
            "holdfast datastore adopt --name " + store + " " + line.substring(5).strip();
        leftOut.add(
            new ImportItem(
                "datastore.cfg",
                store,
                Outcome.LEFT_OUT,
                "take it over, once the old server is off: " + command));
      }
    }
  }

  // ---- files ----

  private String there(String name) {
    Path file = source.resolve(name);
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw BackupException.invalid("'" + file + "' is larger than any configuration");
      }
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private String here(String name) {
    return target.read(name).map(b -> new String(b, StandardCharsets.UTF_8)).orElse("");
  }

  private static <T> T parsed(String name, String text, Function<String, T> parse) {
    try {
      return parse.apply(text);
    } catch (BackupException e) {
      throw new BackupException(Kind.INVALID_INPUT, "'" + name + "': " + e.text(), e);
    }
  }

  private static BackupException unreadable(Path path, IOException e) {
    return new BackupException(Kind.PERMISSION, "cannot read '" + path + "': " + e, e)
        .advise("Its secrets are readable by root alone.");
  }
}
