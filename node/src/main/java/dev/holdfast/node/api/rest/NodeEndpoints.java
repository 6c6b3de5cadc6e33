package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import dev.holdfast.node.host.CpuMeter;
import dev.holdfast.node.host.HostFacts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.HexFormat;

/** The machine and the program on it (spec/rest-api.md §6.8). */
final class NodeEndpoints {
  /** Any host name; never compared with ours. */
  static final Param NODE =
      Param.text("node", 1, 255, "[A-Za-z0-9](?:[A-Za-z0-9.\\-]*[A-Za-z0-9])?");

  private static final String PATH = "/nodes/{node}";
  private static final String INSTANCE_FILE = "instance-id";
  private static final int INSTANCE_BYTES = 16;

  private static final Shape.Fields MEMORY =
      Shape.object(
          Field.integer("total").meaning("bytes"), Field.integer("used"), Field.integer("free"));

  private static final Shape STATUS =
      Shape.object(
          Field.of("memory", MEMORY),
          Field.of("swap", MEMORY),
          Field.of("root", DatastoreEndpoints.SPACE),
          Field.integer("uptime").meaning("seconds"),
          Field.of("loadavg", Value.NUMBER.list()).meaning("over 1, 5 and 15 minutes"),
          Field.number("cpu").meaning("share that works, 0 to 1"),
          Field.number("wait").meaning("share that waits for disks, 0 to 1"),
          Field.of(
              "cpuinfo",
              Shape.object(Field.text("model"), Field.integer("sockets"), Field.integer("cpus"))),
          Field.text("kversion"),
          Field.of(
              "current-kernel",
              Shape.object(
                  Field.text("sysname"),
                  Field.text("release"),
                  Field.text("version"),
                  Field.text("machine"))),
          Field.of("info", Shape.object(Field.text("fingerprint"))),
          Field.of(
              "boot-info",
              Shape.object(
                  Field.of("mode", Shape.oneOf("efi", "legacy-bios")), Field.flag("secureboot"))));

  private static final Shape TIME =
      Shape.object(
          Field.integer("time").meaning("seconds since 1970"),
          Field.integer("localtime").meaning("the same, shifted by the time zone"),
          Field.text("timezone"));

  private final StateDirectory directory;
  private final Fingerprint fingerprint;
  private final Clock clock;
  private final CpuMeter cpu = new CpuMeter();

  NodeEndpoints(StateDirectory directory, Fingerprint fingerprint, Clock clock) {
    this.directory = directory;
    this.fingerprint = fingerprint;
    this.clock = clock;
  }

  void register(ApiRouter router) {
    ParamSchema node = ParamSchema.of(NODE);
    router.add(
        "GET",
        PATH + "/status",
        new Endpoint(
            Doc.of("Shows how the machine is doing.", STATUS, "memory, load, processors, kernel"),
            node,
            Rule.any("/system/status", Privilege.SYS_AUDIT),
            this::status));
    router.add(
        "GET",
        PATH + "/time",
        new Endpoint(
            Doc.of("Shows the node's time.", TIME, "seconds since 1970, and the time zone"),
            node,
            Rule.ANYBODY,
            this::time));
    router.add(
        "GET",
        PATH + "/identity",
        new Endpoint(
            Doc.of(
                "Tells this installation from others.",
                Shape.object(Field.text("pbs-instance-id")),
                "a number that stays"),
            node,
            Rule.ANYBODY,
            this::identity));
    router.add(
        "GET",
        PATH + "/subscription",
        new Endpoint(
            Doc.of(
                "Shows the subscription, of which there is none.",
                Shape.object(Field.text("status"), Field.text("message")),
                "the state notfound"),
            node,
            Rule.ANYBODY,
            NodeEndpoints::subscription));
  }

  // ---- status ----

  private ApiResult status(ApiCall call) throws IOException {
    ObjectNode json = Json.object();
    put(json.putObject("memory"), HostFacts.memory());
    put(json.putObject("swap"), HostFacts.swap());
    HostFacts.Disk root = HostFacts.rootDisk();
    json.putObject("root")
        .put("total", root.total())
        .put("used", root.used())
        .put("avail", root.available());
    json.put("uptime", HostFacts.uptimeSeconds());
    ArrayNode load = json.putArray("loadavg");
    HostFacts.load().forEach(load::add);
    CpuMeter.Use use = cpu.use();
    json.put("cpu", use.busy()).put("wait", use.ioWait());
    HostFacts.Processors processors = HostFacts.processors();
    json.putObject("cpuinfo")
        .put("model", processors.model())
        .put("sockets", processors.sockets())
        .put("cpus", processors.cpus());
    kernel(json, HostFacts.kernel());
    json.putObject("info").put("fingerprint", fingerprint.toString());
    json.putObject("boot-info")
        .put("mode", HostFacts.bootedByEfi() ? "efi" : "legacy-bios")
        .put("secureboot", HostFacts.securelyBooted());
    return ApiResult.of(json);
  }

  private static void put(ObjectNode json, HostFacts.Memory memory) {
    json.put("total", memory.total()).put("used", memory.used()).put("free", memory.free());
  }

  private static void kernel(ObjectNode json, HostFacts.Kernel kernel) {
    json.put("kversion", kernel.name() + " " + kernel.release() + " " + kernel.version());
    json.putObject("current-kernel")
        .put("sysname", kernel.name())
        .put("release", kernel.release())
        .put("version", kernel.version())
        .put("machine", kernel.machine());
  }

  // ---- the rest ----

  private ApiResult time(ApiCall call) {
    Instant now = clock.instant();
    int offset = clock.getZone().getRules().getOffset(now).getTotalSeconds();
    return ApiResult.of(
        Json.object()
            .put("time", now.getEpochSecond())
            .put("localtime", now.getEpochSecond() + offset)
            .put("timezone", clock.getZone().getId()));
  }

  /** Made when it is asked for first; it moves with the state directory. */
  private synchronized ApiResult identity(ApiCall call) {
    String id =
        directory
            .read(INSTANCE_FILE)
            .map(file -> new String(file, StandardCharsets.US_ASCII).strip())
            .orElseGet(this::newInstance);
    return ApiResult.of(Json.object().put("pbs-instance-id", id));
  }

  private String newInstance() {
    byte[] bytes = new byte[INSTANCE_BYTES];
    directory.random().nextBytes(bytes);
    String id = HexFormat.of().formatHex(bytes);
    directory.write(INSTANCE_FILE, (id + "\n").getBytes(StandardCharsets.US_ASCII));
    return id;
  }

  /** There is nothing to subscribe to; monitors want an answer all the same. */
  private static ApiResult subscription(ApiCall call) {
    return ApiResult.of(
        Json.object().put("status", "notfound").put("message", "There is no subscription key"));
  }
}
