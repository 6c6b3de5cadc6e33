package dev.holdfast.node.api.rest;

import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.realm.DirectoryRealm;
import dev.holdfast.node.access.realm.OpenIdRealm;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What a kind of realm is made of (spec/rest-api.md §6.10).
 *
 * @param label for people
 * @param required parameters without which there is no such realm
 * @param optional further ones
 * @param secret which of them no answer shows
 * @param check throws INVALID_INPUT for values that do not fit together
 */
record RealmTypes(
    String name,
    String label,
    List<Param> required,
    List<Param> optional,
    Set<String> secret,
    Consumer<Section> check) {
  /** Goes into a file of its own. */
  static final String PASSWORD = "password";

  private static final String LINE = "\\P{Cntrl}*";
  private static final Param SERVER = server("server1");

  /** What is shown of such a realm: all but its secrets. */
  Shape.Fields shape() {
    Field[] fields =
        Stream.concat(required.stream(), optional.stream())
            .filter(param -> !secret.contains(param.name()))
            .map(Field::of)
            .toArray(Field[]::new);
    return Shape.object(Field.text("realm")).and(fields);
  }

  static List<RealmTypes> all() {
    return List.of(openId(), directory("ldap", "LDAP"), directory("ad", "Active Directory"));
  }

  private static RealmTypes openId() {
    return new RealmTypes(
        OpenIdRealm.TYPE,
        "OpenID Connect",
        List.of(
            Param.text("issuer-url", 1, 2048, "https?://\\S+"),
            Param.text("client-id", 1, 256, "\\P{Cntrl}+")),
        List.of(
            line("client-key", 4096),
            line("scopes", 256),
            line("acr-values", 256),
            line("audiences", 1024),
            line("prompt", 64),
            Param.bool("autocreate"),
            Param.text("username-claim", 1, 128, "[A-Za-z0-9_.:/\\-]+").orNone(),
            Param.COMMENT,
            Param.bool("default")),
        Set.of("client-key"),
        OpenIdRealm::of);
  }

  private static RealmTypes directory(String type, String label) {
    boolean ad = type.equals("ad");
    Param base = line("base-dn", 1024);
    Param attribute = Param.text("user-attr", 1, 64, "[A-Za-z0-9.;\\-]+");
    List<Param> required =
        ad ? List.of(SERVER) : List.of(SERVER, Param.text("base-dn", 1, 1024, LINE), attribute);
    List<Param> common =
        List.of(
            server("server2").orNone(),
            Param.integer("port", 1, 65_535).orNone(),
            Param.choice("mode", "ldap", "ldap+starttls", "ldaps").orNone(),
            Param.bool("verify"),
            line("capath", 4096),
            line("bind-dn", 1024),
            line(PASSWORD, 1024),
            line("filter", 2048),
            line("sync-defaults-options", 256),
            line("sync-attributes", 256),
            line("user-classes", 256),
            Param.COMMENT,
            Param.bool("default"));
    List<Param> optional = ad ? Stream.concat(Stream.of(base), common.stream()).toList() : common;
    return new RealmTypes(type, label, required, optional, Set.of(PASSWORD), DirectoryRealm::of);
  }

  private static Param server(String name) {
    return Param.text(name, 1, 253, "[A-Za-z0-9.:\\-\\[\\]]+");
  }

  private static Param line(String name, int lengthMax) {
    return Param.text(name, 1, lengthMax, LINE).orNone();
  }
}
