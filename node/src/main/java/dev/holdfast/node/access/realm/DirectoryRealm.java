package dev.holdfast.node.access.realm;

import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPException;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory whose entries are our users; a section of type {@code ldap} or {@code ad} of {@code
 * domains.cfg} (spec/formats.md §10.7).
 *
 * @param servers asked in this order, until one answers
 * @param baseDn empty = the one that the directory names as its own
 * @param userAttribute whose value is the user's name
 * @param verify whether the server's certificate is checked
 * @param caPath certificates to trust, a file or a directory; null = the system's
 * @param bindDn who searches, null = nobody
 * @param filter which entries are users at all, null = all of the classes
 * @param attributes attribute by property of a user: email, firstname, lastname
 */
public record DirectoryRealm(
    String name,
    List<String> servers,
    int port,
    Mode mode,
    boolean verify,
    @Nullable Path caPath,
    String baseDn,
    String userAttribute,
    @Nullable String bindDn,
    @Nullable Filter filter,
    List<String> userClasses,
    Map<String, String> attributes,
    SyncOptions sync) {
  /** How the connection is protected. */
  enum Mode {
    PLAIN,
    START_TLS,
    TLS
  }

  private static final int PORT = 389;
  private static final int TLS_PORT = 636;
  private static final String AD = "ad";
  private static final String AD_USER_ATTRIBUTE = "sAMAccountName";
  private static final List<String> CLASSES =
      List.of("inetorgperson", "posixaccount", "person", "user");
  private static final List<String> PROPERTIES = List.of("email", "firstname", "lastname");

  public DirectoryRealm {
    servers = List.copyOf(servers);
    userClasses = List.copyOf(userClasses);
    attributes = Map.copyOf(attributes);
  }

  /** Throws INVALID_INPUT naming what cannot be used. */
  public static DirectoryRealm of(Section section) {
    List<String> servers = new ArrayList<>();
    Stream.of("server1", "server2")
        .map(section::value)
        .flatMap(Stream::ofNullable)
        .forEach(servers::add);
    Mode mode = mode(text(section, "mode", "ldap"));
    String port = section.value("port");
    String verify = section.value("verify");
    String caPath = section.value("capath");
    String attribute =
        text(section, "user-attr", section.type().equals(AD) ? AD_USER_ATTRIBUTE : "");
    return new DirectoryRealm(
        section.id(),
        servers,
        port == null
            ? mode == Mode.TLS ? TLS_PORT : PORT
            : Math.toIntExact(SectionValues.integer(port)),
        mode,
        verify != null && SectionValues.bool(verify),
        caPath == null ? null : Path.of(caPath),
        text(section, "base-dn", ""),
        attribute,
        section.value("bind-dn"),
        filter(section.value("filter")),
        classes(text(section, "user-classes", "")),
        attributes(text(section, "sync-attributes", "")),
        SyncOptions.parse(text(section, "sync-defaults-options", "")));
  }

  private static String text(Section section, String key, String otherwise) {
    String value = section.value(key);
    return value == null ? otherwise : value;
  }

  private static Mode mode(String text) {
    return switch (text) {
      case "ldap" -> Mode.PLAIN;
      case "ldap+starttls" -> Mode.START_TLS;
      case "ldaps" -> Mode.TLS;
      default -> throw BackupException.invalid("unknown mode '" + text + "'");
    };
  }

  private static @Nullable Filter filter(@Nullable String text) {
    if (text == null || text.isBlank()) {
      return null;
    }
    String stripped = text.strip();
    try {
      return Filter.create(stripped.startsWith("(") ? stripped : "(" + stripped + ")");
    } catch (LDAPException e) {
      throw new BackupException(
          Kind.INVALID_INPUT, "filter '" + text + "' is no LDAP filter: " + e.getMessage(), e);
    }
  }

  private static List<String> classes(String text) {
    List<String> classes =
        Stream.of(text.split("[,;\\s]+", -1)).filter(name -> !name.isEmpty()).toList();
    return classes.isEmpty() ? CLASSES : classes;
  }

  private static Map<String, String> attributes(String text) {
    Map<String, String> attributes = new LinkedHashMap<>();
    for (String pair : text.split(",", -1)) {
      int equals = pair.indexOf('=');
      String property = equals < 0 ? pair : pair.substring(0, equals).strip();
      if (pair.isBlank()) {
        continue;
      }
      if (equals < 0 || !PROPERTIES.contains(property)) {
        throw BackupException.invalid(
            "sync-attributes: found '" + pair + "', expected one of " + PROPERTIES + " and =NAME");
      }
      attributes.put(property, pair.substring(equals + 1).strip());
    }
    return attributes;
  }

  /** Finds the entry of a user; his name is data in it, whatever characters it has. */
  Filter of(String user) {
    Filter wanted = Filter.createEqualityFilter(userAttribute, user);
    return filter == null ? wanted : Filter.createANDFilter(wanted, filter);
  }

  /** Finds every user. */
  Filter all() {
    List<Filter> parts = new ArrayList<>();
    parts.add(
        Filter.createORFilter(
            userClasses.stream()
                .map(name -> Filter.createEqualityFilter("objectClass", name))
                .toList()));
    parts.add(Filter.createPresenceFilter(userAttribute));
    if (filter != null) {
      parts.add(filter);
    }
    return Filter.createANDFilter(parts);
  }
}
