package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Servers to sync with that were named by API calls, {@code remote.cfg} (spec/formats.md §10.6).
 * Those of {@code mesh.yaml} are not in it. Immutable.
 */
public final class RemoteConfig {
  private static final String TYPE = "remote";
  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          TYPE,
          new Schema(
              Set.of(
                  "host",
                  "port",
                  "auth-id",
                  "password",
                  "fingerprint",
                  "comment",
                  "use-node-proxy"),
              Set.of("host", "auth-id", "password"),
              Set.of()));

  private final SectionConfig sections;

  /**
   * One server.
   *
   * @param properties as in the file; the password is base64
   */
  public record Remote(String name, SortedMap<String, String> properties) {
    public Remote {
      properties = Collections.unmodifiableSortedMap(new TreeMap<>(properties));
    }

    public HostAndPort address() {
      String port = properties.get("port");
      return new HostAndPort(
          text("host"),
          port == null ? HostAndPort.DEFAULT_PORT : (int) SectionValues.integer(port));
    }

    /** A user or a token there. */
    public AuthId authId() {
      return AuthId.parse(text("auth-id"));
    }

    public Secret password() {
      return new Secret(
          new String(Base64.getDecoder().decode(text("password")), StandardCharsets.UTF_8));
    }

    public Optional<Fingerprint> fingerprint() {
      return Optional.ofNullable(properties.get("fingerprint")).map(Fingerprint::parse);
    }

    private String text(String key) {
      String value = properties.get(key);
      if (value == null) {
        throw BackupException.invalid("remote '" + name + "' has no " + key);
      }
      return value;
    }

    @Override
    public String toString() {
      return "Remote[" + name + "]"; // the password is secret
    }
  }

  private RemoteConfig(SectionConfig sections) {
    this.sections = sections;
  }

  public static RemoteConfig parse(String text) {
    SectionConfig sections = SectionConfig.parse(text, SCHEMAS);
    for (Section section : sections.sections()) {
      Remote remote = new Remote(section.id(), section.single());
      try {
        var unused =
            List.of(remote.address(), remote.authId(), remote.password(), remote.fingerprint());
      } catch (IllegalArgumentException e) {
        throw new BackupException(
            BackupException.Kind.INVALID_INPUT,
            "the password of remote '" + section.id() + "' is not base64",
            e);
      }
    }
    return new RemoteConfig(sections);
  }

  /** A password as the file has it. */
  public static String encoded(Secret password) {
    return Base64.getEncoder().encodeToString(password.reveal().getBytes(StandardCharsets.UTF_8));
  }

  public String format() {
    return sections.format();
  }

  /** In file order. */
  public List<Remote> remotes() {
    return sections.sections().stream().map(s -> new Remote(s.id(), s.single())).toList();
  }

  public @Nullable Remote find(String name) {
    Section section = sections.section(name);
    return section == null ? null : new Remote(name, section.single());
  }

  public RemoteConfig with(Remote remote) {
    return new RemoteConfig(sections.with(Section.of(TYPE, remote.name(), remote.properties())));
  }

  public RemoteConfig without(String name) {
    return new RemoteConfig(sections.without(name));
  }
}
