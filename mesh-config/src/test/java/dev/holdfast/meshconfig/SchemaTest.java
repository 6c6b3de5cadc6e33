package dev.holdfast.meshconfig;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import dev.holdfast.meshconfig.MeshConfigReader.Result;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** At stake: what an editor underlines is what the node refuses, and the examples are right. */
class SchemaTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final JsonSchema schema =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
          .getSchema(ConfigResources.schema());

  @ParameterizedTest
  @MethodSource("examples")
  void examplesPassBothReaderAndSchemaWithoutAWarning(String name) {
    String text = ConfigResources.example(name);
    assertThat(MeshConfigReader.check(text, name + ".yaml"))
        .isInstanceOfSatisfying(
            Result.Valid.class, valid -> assertThat(valid.warnings()).isEmpty());
    assertThat(validate(text)).isEmpty();
  }

  static List<String> examples() {
    return ConfigResources.EXAMPLES;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "site: [a]",
        "site: a b",
        "{ site: a, unknown: 1 }",
        "{ site: a, datastores: { x: { path: /srv } } }",
        "{ site: a, datastores: { main: { path: srv } } }",
        "{ site: a, datastores: { main: { path: /srv, gc: true } } }",
        "{ site: a, datastores: { main: { path: /srv, prune: [ { schedule: daily, keep: {} } ] } } }",
        "{ site: a, datastores: { main: { path: /srv, prune: [ { schedule: daily, keep: { last: 0 } } ] } } }",
        "{ site: a, datastores: { main: { path: /srv, hold: true } } }",
        "{ site: a, datastores: { main: { path: /srv, hold: [ 30d ] } } }",
        "{ site: a, datastores: { main: { path: /srv, hold: [ { namespace: a } ] } } }",
        "{ site: a, datastores: { main: { path: /srv, hold: { a: 30d } } } }",
        "{ site: a, peers: { b: { url: 'http://x', fingerprint: 'ab', token: x, secret-file: y } } }",
        "{ site: a, sync: [ { pull: 'b:main' } ] }",
        "{ site: a, sync: [ { pull: 'b:main', into: main, to: main } ] }",
        "{ site: a, sync: [ { push: main, to: 'b:main', owner: root@pam } ] }",
        "{ site: a, sync: [ { push: main, to: 'b:main', max-depth: 8 } ] }",
        "{ site: a, sync: [ { push: main, to: 'b:main', remove-vanished: 1 } ] }",
        "{ site: a, sync: [ { push: main, to: 'b:main', when: { } } ] }",
        "{ site: a, sync: [ { push: main, to: 'b:main', group-filter: 'type:xx' } ] }",
        "{ site: a, mesh: { } }",
        "{ site: a, mesh: { secret-file: x, address: 127.0.0.1 } }",
        "{ site: a, limits: { parallel-groups: 33 } }",
        "{ site: a, limits: { rate-in: quick } }",
      })
  void bothRefuse(String text) {
    assertThat(MeshConfigReader.check(text, "x.yaml")).isInstanceOf(Result.Invalid.class);
    assertThat(validate(text)).isNotEmpty();
  }

  @Test
  void theSchemaNamesTheReadersKeysAndNoOthers() throws JsonProcessingException {
    JsonNode root = JSON.readTree(ConfigResources.schema());
    JsonNode defs = root.get("$defs");
    Map<String, List<String>> keysOf =
        Map.ofEntries(
            Map.entry("datastore", DatastoreSection.KEYS),
            Map.entry("verify", DatastoreSection.VERIFY_KEYS),
            Map.entry("prune", DatastoreSection.PRUNE_KEYS),
            Map.entry("hold", DatastoreSection.HOLD_KEYS),
            Map.entry("keep", DatastoreSection.KEEP_KEYS),
            Map.entry("peer", PeerSection.KEYS),
            Map.entry("pull", SyncSection.PULL_KEYS),
            Map.entry("push", SyncSection.PUSH_KEYS),
            Map.entry("whenBoth", SyncSection.WHEN_KEYS),
            Map.entry("mesh", MeshConfigReader.MESH_KEYS),
            Map.entry("limits", LimitsSection.KEYS));
    assertThat(properties(root)).containsExactlyInAnyOrderElementsOf(MeshConfigReader.KEYS);
    keysOf.forEach(
        (name, keys) ->
            assertThat(properties(defs.get(name)))
                .as(name)
                .containsExactlyInAnyOrderElementsOf(keys));
    for (Map.Entry<String, JsonNode> def : defs.properties()) {
      assertThat(def.getValue().has("properties"))
          .as(def.getKey())
          .isEqualTo(keysOf.containsKey(def.getKey()));
    }
  }

  private static Set<String> properties(JsonNode object) {
    Set<String> names = new HashSet<>();
    object.get("properties").fieldNames().forEachRemaining(names::add);
    return names;
  }

  private Set<ValidationMessage> validate(String yaml) {
    LoadSettings settings = LoadSettings.builder().setSchema(new CoreSchema()).build();
    return schema.validate(JSON.valueToTree(new Load(settings).loadFromString(yaml)));
  }
}
