package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.meshconfig.PeerConfig;
import dev.holdfast.meshconfig.SyncConfig;
import dev.holdfast.meshconfig.When;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.job.Peers;
import dev.holdfast.node.job.ReplicationHistory;
import dev.holdfast.node.job.SyncJob;
import dev.holdfast.node.job.SyncJobs;
import dev.holdfast.node.task.Upid;
import dev.holdfast.replication.mesh.MeshCoordinator.SeenStatus;
import dev.holdfast.replication.mesh.MeshMember;
import dev.holdfast.replication.mesh.MeshService;
import dev.holdfast.replication.mesh.MeshState;
import dev.holdfast.replication.mesh.PeerLink;
import dev.holdfast.replication.mesh.SiteStatus;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.plan.SyncPlanJson;
import dev.holdfast.replication.plan.SyncPlanText;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * The mesh as this node sees it, below {@code /mesh/}; a real PBS has none of it. {@code hello} is
 * for peers, the rest for whoever may look at this node's state.
 */
public final class MeshEndpoints {
  private static final Rule AUDIT = Rule.any("/system/status", Privilege.SYS_AUDIT);
  private static final Rule MODIFY = Rule.any("/system/status", Privilege.SYS_MODIFY);
  private static final Param SYNC_ID = Param.safeId("id", 1, 128);

  private final MeshService mesh;
  private final Peers peers;
  private final SyncJobs syncs;
  private final Jobs jobs;
  private final ReplicationHistory history;

  public MeshEndpoints(
      MeshService mesh, Peers peers, SyncJobs syncs, Jobs jobs, ReplicationHistory history) {
    this.mesh = mesh;
    this.peers = peers;
    this.syncs = syncs;
    this.jobs = jobs;
    this.history = history;
  }

  public void register(ApiRouter router) {
    ParamSchema none = ParamSchema.NONE;
    ParamSchema one = ParamSchema.of(SYNC_ID);
    router.add(
        "GET",
        "/mesh/hello",
        new Endpoint(
            Doc.of("Introduces this node to a peer.", MeshShapes.HELLO, "what it is and can do"),
            none,
            Rule.ANYBODY,
            this::hello));
    router.add(
        "GET",
        "/mesh/status",
        new Endpoint(
            Doc.of(
                "Shows the mesh as this node sees it.",
                MeshShapes.STATUS,
                "members, peers and what each site holds"),
            none,
            AUDIT,
            this::status));
    router.add(
        "GET",
        "/mesh/peers",
        new Endpoint(
            Doc.list(
                "Lists the configured peers.",
                MeshShapes.PEER,
                "peers with the state of their links"),
            none,
            AUDIT,
            this::peers));
    router.add(
        "GET",
        "/mesh/syncs",
        new Endpoint(
            Doc.list("Lists the configured syncs.", MeshShapes.SYNC, "syncs with their last runs"),
            none,
            AUDIT,
            this::syncs));
    router.add(
        "GET",
        "/mesh/syncs/{id}/plan",
        new Endpoint(
            Doc.of("Tells what a run of a sync would do now.", MeshShapes.PLAN, "the plan"),
            one,
            AUDIT,
            this::plan));
    router.add(
        "POST",
        "/mesh/syncs/{id}/run",
        new Endpoint(Doc.task("Runs a sync."), one, MODIFY, this::run));
    router.add(
        "GET",
        "/mesh/lag",
        new Endpoint(
            Doc.of(
                "Tells how long snapshots took to get here.",
                MeshShapes.LAG,
                "the last ones, and medians"),
            ParamSchema.of(
                Param.STORE.orNone(),
                Param.NS,
                Param.integer("last", 1, Integer.MAX_VALUE).orNone()),
            AUDIT,
            this::lag));
  }

  private ApiResult hello(ApiCall call) {
    return ApiResult.of(mesh.hello().toJson());
  }

  // ---- status ----

  private ApiResult status(ApiCall call) {
    MeshState state = mesh.coordinator().state();
    ObjectNode json =
        Json.object()
            .put("site", mesh.coordinator().site())
            .put("state", state.word())
            .put("reason", state.reason());
    ArrayNode members = json.putArray("members");
    state.members().forEach(member -> member(members.addObject(), member));
    ArrayNode links = json.putArray("peers");
    peers.configs().forEach(peer -> peer(links.addObject(), peer));
    ArrayNode statuses = json.putArray("statuses");
    List<SeenStatus> seen = mesh.coordinator().statuses();
    Map<String, Long> newest = newestOfGroups(seen);
    seen.forEach(one -> status(statuses.addObject(), one, newest));
    return ApiResult.of(json);
  }

  private static void member(ObjectNode json, MeshMember member) {
    json.put("site", member.site())
        .put("address", member.address())
        .put("version", member.version())
        .put("since", member.since().getEpochSecond())
        .put("self", member.self());
  }

  private static void status(ObjectNode json, SeenStatus seen, Map<String, Long> newest) {
    SiteStatus status = seen.status();
    json.put("site", status.site())
        .put("store", status.datastore().text())
        .put("ns", status.namespace().toString())
        .put("group", status.group().toString())
        .put("newest-time", status.newestTime())
        .put("restorable-at", Instant.ofEpochMilli(status.restorableAtMillis()).getEpochSecond())
        .put("transfer-ms", status.transferMillis())
        .put("bytes", status.transferBytes())
        .put("stale", seen.stale())
        .put("behind-seconds", newest.getOrDefault(place(status), 0L) - status.newestTime());
  }

  /** The newest backup time that any site holds of a group, by store, namespace and group. */
  private static Map<String, Long> newestOfGroups(List<SeenStatus> seen) {
    Map<String, Long> newest = new HashMap<>();
    seen.forEach(one -> newest.merge(place(one.status()), one.status().newestTime(), Math::max));
    return newest;
  }

  private static String place(SiteStatus status) {
    return status.datastore() + ":" + status.namespace() + ":" + status.group();
  }

  // ---- peers ----

  private ApiResult peers(ApiCall call) {
    ArrayNode list = Json.array();
    peers.configs().forEach(peer -> peer(list.addObject(), peer));
    return ApiResult.of(list);
  }

  private void peer(ObjectNode json, PeerConfig peer) {
    json.put("name", peer.name())
        .put("url", "https://" + peer.url())
        .put("token", peer.token().toString());
    ArrayNode pins = json.putArray("fingerprints");
    peer.pins().forEach(pin -> pins.add(pin.toString()));
    // Without a mesh nobody looks after the peers between two syncs.
    for (PeerLink link : mesh.links()) {
      if (link.peer().equals(peer.name())) {
        json.put("site", link.site())
            .put("link", link.kind().name().toLowerCase(java.util.Locale.ROOT))
            .put("detail", link.detail());
      }
    }
  }

  // ---- syncs ----

  private ApiResult syncs(ApiCall call) {
    ArrayNode list = Json.array();
    syncs.all().forEach(job -> sync(list.addObject(), job));
    return ApiResult.of(list);
  }

  private void sync(ObjectNode json, SyncJob job) {
    SyncConfig config = job.config();
    Upid running = job.running();
    json.put("id", config.id())
        .put("direction", config instanceof SyncConfig.Pull ? "pull" : "push")
        .put("remote", config.other().toString())
        .put("local", config.local().toString())
        .put("when", text(config.when()))
        .put("max-depth", config.maxDepth())
        .put("remove-vanished", config.removeVanished())
        .put("running", running != null);
    if (running != null) {
      json.put("task", running.toString());
    }
    JobRuns.add(json, jobs.status(job));
  }

  private static String text(When when) {
    String schedule = when.schedule().map(Object::toString).orElse("");
    return !when.event() ? schedule : schedule.isEmpty() ? "event" : "event, " + schedule;
  }

  private ApiResult plan(ApiCall call) {
    SyncPlan plan = syncs.plan(call.params().text("id"));
    ObjectNode json = Json.object();
    ArrayNode lines = json.putArray("lines");
    SyncPlanText.lines(plan).forEach(lines::add);
    json.set("plan", SyncPlanJson.of(plan));
    return ApiResult.of(json);
  }

  private ApiResult run(ApiCall call) {
    return ApiResult.of(syncs.runNow(call.params().text("id"), call.who()).toString());
  }

  // ---- lag ----

  private ApiResult lag(ApiCall call) {
    Params params = call.params();
    List<ReplicationHistory.Entry> found =
        history.entries(
            entry ->
                (!params.has("store") || entry.store().equals(params.store()))
                    && (!params.has("ns") || entry.namespace().equals(params.namespace())));
    int last = (int) Math.min(found.size(), params.integer("last", found.size()));
    List<ReplicationHistory.Entry> shown = found.subList(found.size() - last, found.size());
    ObjectNode json = Json.object();
    ArrayNode snapshots = json.putArray("snapshots");
    shown.forEach(entry -> lag(snapshots.addObject(), entry));
    median(
            shown.stream()
                .map(ReplicationHistory.Entry::lagMillis)
                .flatMapToLong(OptionalLong::stream))
        .ifPresent(lag -> json.put("lag-ms-p50", lag));
    median(shown.stream().mapToLong(ReplicationHistory.Entry::transferMillis))
        .ifPresent(transfer -> json.put("transfer-ms-p50", transfer));
    return ApiResult.of(json);
  }

  private static void lag(ObjectNode json, ReplicationHistory.Entry entry) {
    json.put("sync", entry.job())
        .put("store", entry.store().text())
        .put("ns", entry.namespace().toString())
        .put("snapshot", entry.snapshot().toString())
        .put("reason", entry.reason().text());
    entry.finishedAtMillis().ifPresent(at -> json.put("finished-at-ms", at));
    json.put("restorable-at-ms", entry.restorableAtMillis());
    entry.lagMillis().ifPresent(lag -> json.put("lag-ms", lag));
    json.put("transfer-ms", entry.transferMillis()).put("bytes", entry.bytes());
  }

  /** The lower one of the two in the middle. */
  private static OptionalLong median(LongStream values) {
    long[] sorted = values.sorted().toArray();
    return sorted.length == 0
        ? OptionalLong.empty()
        : OptionalLong.of(sorted[(sorted.length - 1) / 2]);
  }
}
