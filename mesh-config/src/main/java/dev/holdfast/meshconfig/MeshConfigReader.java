package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * mesh.yaml to {@link MeshConfig} (design §9):
 *
 * <pre>
 * site: NAME                                  required
 * listen: HOST:PORT
 * datastores: { NAME: { path, gc, verify: { schedule, reverify-after },
 *                       prune: [ { namespace, schedule, max-depth, keep: { last, hourly, … } } ] } }
 * peers: { NAME: { url, fingerprint: one or a list, token, secret-file } }
 * sync:
 *   - { pull: PEER:STORE/NS, into: STORE/NS, owner, … } or { push: STORE/NS, to: PEER:STORE/NS, … }
 *     with id, when, max-depth, remove-vanished, max-new-namespaces, transfer-last, group-filter
 * mesh: { secret-file, address }
 * limits: { rate-in, rate-out, parallel-groups, buffer }
 * </pre>
 *
 * All problems are found in one reading. Relative paths of secret files start at the directory of
 * the file itself; whether they exist is asked by {@link SecretFiles#check}.
 */
public final class MeshConfigReader {
  static final List<String> KEYS =
      List.of("site", "listen", "datastores", "peers", "sync", "mesh", "limits");
  static final List<String> MESH_KEYS = List.of("secret-file", "address");

  /** UTF-8 needs at most four bytes for each of the characters that YamlDocument takes. */
  private static final int FILE_BYTES_MAX = 4 * YamlDocument.CODE_POINTS_MAX;

  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final String NAME =
      "letters, digits, '_', '.', '-', 1 to " + Values.NAME_LENGTH_MAX + " characters";

  /** What reading gives. */
  public sealed interface Result {
    /**
     * A configuration that may be used.
     *
     * @param warnings what is allowed but hardly meant
     */
    record Valid(MeshConfig config, List<Problem> warnings) implements Result {}

    /**
     * Nothing of it may be used.
     *
     * @param problems never empty, in the order of the file
     */
    record Invalid(List<Problem> problems) implements Result {}
  }

  private final Path directory;
  private final Problems problems;
  private final Problems warnings;
  private final Map<String, Origin> origins = new LinkedHashMap<>();

  private MeshConfigReader(String fileName, Path directory) {
    this.directory = directory;
    this.problems = new Problems(fileName);
    this.warnings = new Problems(fileName);
  }

  /**
   * Reads a file.
   *
   * @throws BackupException NOT_FOUND when there is no such file; INVALID_INPUT listing every
   *     problem, one a line
   */
  public static MeshConfig read(Path file) {
    return orThrow(check(file));
  }

  /**
   * Reads a text.
   *
   * @param fileName shown in problems; its directory is where relative paths start
   * @throws BackupException INVALID_INPUT listing every problem, one a line
   */
  public static MeshConfig parse(String text, String fileName) {
    return orThrow(check(text, fileName));
  }

  /** As {@link #read}, with problems as values. */
  public static Result check(Path file) {
    byte[] bytes = bytes(file);
    String name = file.toString();
    if (bytes.length > FILE_BYTES_MAX) {
      Problems problems = new Problems(name);
      String expected = "at most " + FILE_BYTES_MAX + " bytes";
      problems.add(new Origin(name, 1, 1), "", "a larger file", expected, "Is it the right file?");
      return new Result.Invalid(problems.sorted());
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .decode(buffer)
              .toString();
      return check(text, name);
    } catch (CharacterCodingException e) {
      String before = new String(bytes, 0, buffer.position(), StandardCharsets.UTF_8);
      Problems problems = new Problems(name);
      Origin at = YamlDocument.originOf(before, before.codePointCount(0, before.length()), name);
      String found = String.format("the byte 0x%02x", bytes[buffer.position()]);
      problems.add(at, "", found, "text in UTF-8", "");
      return new Result.Invalid(problems.sorted());
    }
  }

  // One byte more than allowed tells that there are more.
  private static byte[] bytes(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(FILE_BYTES_MAX + 1);
    } catch (NoSuchFileException e) {
      throw new BackupException(
          BackupException.Kind.NOT_FOUND, "configuration file '" + file + "' does not exist", e);
    } catch (IOException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT,
          "configuration file '" + file + "' cannot be read: " + e,
          e);
    }
  }

  /** As {@link #parse}, with problems as values. */
  public static Result check(String text, String fileName) {
    Path directory = Path.of(fileName).toAbsolutePath().normalize().getParent();
    MeshConfigReader reader =
        new MeshConfigReader(fileName, directory == null ? Path.of("/") : directory);
    String plain = !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
    Optional<MeshConfig> config =
        YamlDocument.read(plain, reader.problems)
            .flatMap(root -> new Field(root, "", reader.problems).map(KEYS))
            .flatMap(reader::document);
    return config.isPresent() && reader.problems.isEmpty()
        ? new Result.Valid(config.get(), reader.warnings.sorted())
        : new Result.Invalid(reader.problems.sorted());
  }

  private static MeshConfig orThrow(Result result) {
    return switch (result) {
      case Result.Valid valid -> valid.config();
      case Result.Invalid invalid -> throw exception(invalid.problems());
    };
  }

  /** One INVALID_INPUT out of many problems, one a line. */
  static BackupException exception(List<Problem> problems) {
    return BackupException.invalid(
        problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
  }

  private Optional<MeshConfig> document(Fields map) {
    Optional<String> site =
        map.require("site", "the name of this site")
            .flatMap(f -> f.parsed("a name: " + NAME, Values::name));
    Optional<HostAndPort> listen =
        map.get("listen").flatMap(f -> f.parsed("HOST:PORT or [IPv6]:PORT", Values::listen));
    Map<DatastoreName, DatastoreConfig> datastores = new LinkedHashMap<>();
    Map<String, PeerConfig> peers = new LinkedHashMap<>();
    CrossChecks checks = new CrossChecks(problems, warnings);
    map.get("datastores").ifPresent(f -> datastores(f, datastores, checks));
    map.get("peers").ifPresent(f -> peers(f, peers, checks));
    Optional<MeshSettings> mesh = map.get("mesh").flatMap(this::mesh);
    Limits limits = map.get("limits").map(LimitsSection::read).orElse(Limits.DEFAULT);
    List<SyncSection.Placed> placed = new ArrayList<>();
    for (Field item : map.get("sync").flatMap(f -> f.list("a list of syncs")).orElse(List.of())) {
      SyncSection.read(item).ifPresent(placed::add);
    }
    site.ifPresent(checks::site);
    checks.syncs(placed, mesh.isPresent());
    List<SyncConfig> syncs = new ArrayList<>();
    for (SyncSection.Placed sync : placed) {
      syncs.add(sync.sync());
      origins.put(MeshConfig.syncKey(sync.sync().id()), sync.fields().origin());
    }
    return site.map(
        name -> new MeshConfig(name, listen, datastores, peers, syncs, mesh, limits, origins));
  }

  private void datastores(
      Field field, Map<DatastoreName, DatastoreConfig> into, CrossChecks checks) {
    String expected = "a mapping from datastore names to { path, … }";
    Optional<Fields> fields = field.namedMap(expected);
    if (fields.isEmpty()) {
      return;
    }
    for (Map.Entry<String, Field> entry : fields.get().all().entrySet()) {
      Field value = entry.getValue();
      Origin keyAt = fields.get().keyOrigin(entry.getKey());
      DatastoreName name;
      try {
        name = new DatastoreName(entry.getKey());
      } catch (BackupException e) {
        String found = "the name '" + Field.shorten(entry.getKey()) + "'";
        problems.add(keyAt, value.path(), found, "a datastore name", "(" + e.text() + ")");
        continue;
      }
      checks.declareDatastore(name);
      Optional<DatastoreConfig> read = DatastoreSection.read(name, value);
      if (read.isPresent()) {
        checks.datastorePath(read.get(), value);
        into.put(name, read.get());
        origins.put(MeshConfig.datastoreKey(name), keyAt);
      }
    }
  }

  private void peers(Field field, Map<String, PeerConfig> into, CrossChecks checks) {
    Optional<Fields> fields = field.namedMap("a mapping from peer names to { url, … }");
    if (fields.isEmpty()) {
      return;
    }
    for (Map.Entry<String, Field> entry : fields.get().all().entrySet()) {
      Field value = entry.getValue();
      String name = entry.getKey();
      Origin keyAt = fields.get().keyOrigin(name);
      try {
        Values.name(name);
      } catch (BackupException e) {
        String found = "the name '" + Field.shorten(name) + "'";
        problems.add(keyAt, value.path(), found, "a peer name: " + NAME, "");
        continue;
      }
      checks.declarePeer(name, keyAt);
      PeerSection.read(name, value, directory)
          .ifPresent(
              peer -> {
                into.put(name, peer);
                origins.put(MeshConfig.peerKey(name), keyAt);
                value.origin("secret-file").ifPresent(o -> origins.put(secretKey(name), o));
              });
    }
  }

  static String secretKey(String peer) {
    return MeshConfig.peerKey(peer) + ".secret-file";
  }

  static final String MESH_SECRET_KEY = "mesh.secret-file";

  private Optional<MeshSettings> mesh(Field field) {
    Optional<Fields> fields = field.map(MESH_KEYS);
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    String secret = "the path of the file with the secret that all members share";
    Optional<String> address =
        fields
            .get()
            .get("address")
            .flatMap(f -> f.parsed("an address 127.77.x.y", Values::meshAddress));
    Optional<Path> path =
        fields.get().require("secret-file", secret).flatMap(f -> f.parsed(secret, Values::path));
    field.origin("secret-file").ifPresent(o -> origins.put(MESH_SECRET_KEY, o));
    return path.map(p -> new MeshSettings(directory.resolve(p), address));
  }
}
