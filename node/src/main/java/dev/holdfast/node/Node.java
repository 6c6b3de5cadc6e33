package dev.holdfast.node;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.meshconfig.Limits;
import dev.holdfast.meshconfig.MeshConfig;
import dev.holdfast.meshconfig.MeshConfigReader;
import dev.holdfast.meshconfig.Problem;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.NodeConfig;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.StateFile;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.ApiServer;
import dev.holdfast.node.api.DatastoreConfig;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.rest.MeshEndpoints;
import dev.holdfast.node.api.rest.NotificationCalls;
import dev.holdfast.node.api.rest.RestApi;
import dev.holdfast.node.api.rest.SyncJobStore;
import dev.holdfast.node.host.NodeMeasurements;
import dev.holdfast.node.job.JobRunner;
import dev.holdfast.node.job.JobScheduler;
import dev.holdfast.node.job.JobStates;
import dev.holdfast.node.job.JobTimer;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.job.LogRotation;
import dev.holdfast.node.job.Peers;
import dev.holdfast.node.job.RemoteConfig;
import dev.holdfast.node.job.ReplicationHistory;
import dev.holdfast.node.job.SiteStatuses;
import dev.holdfast.node.job.SyncFactory;
import dev.holdfast.node.job.SyncJobs;
import dev.holdfast.node.maintenance.Maintenance;
import dev.holdfast.node.maintenance.Remains;
import dev.holdfast.node.metrics.Figures;
import dev.holdfast.node.metrics.MetricPush;
import dev.holdfast.node.metrics.MetricServerConfig;
import dev.holdfast.node.metrics.MetricsPage;
import dev.holdfast.node.metrics.NodeMetrics;
import dev.holdfast.node.notify.DamageNotifications;
import dev.holdfast.node.notify.HealthWatch;
import dev.holdfast.node.notify.JobNotifications;
import dev.holdfast.node.notify.NotificationConfig;
import dev.holdfast.node.notify.Notifier;
import dev.holdfast.node.notify.StoreNotifications;
import dev.holdfast.node.session.BackupUpgrade;
import dev.holdfast.node.session.MeshTunnelUpgrade;
import dev.holdfast.node.session.ReaderUpgrade;
import dev.holdfast.node.session.Sessions;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.thread.WorkerPool;
import dev.holdfast.node.traffic.TrafficControl;
import dev.holdfast.replication.mesh.MeshService;
import dev.holdfast.replication.mesh.PeerLink;
import dev.holdfast.replication.wire.BodyMemory;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One site's node: everything put together, started in the order in which the parts need each
 * other, and stopped in the opposite one. It serves before the mesh is up, and without it.
 */
public final class Node implements AutoCloseable {
  private static final int CORES = Runtime.getRuntime().availableProcessors();
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);

  /**
   * {@code HOST:PORT}: tells commands on the same state directory where it is; gone when it stops.
   */
  public static final String LISTEN_ADDRESS_FILE = "listen-address";

  private static final Duration LISTEN_TIME_MAX = Duration.ofSeconds(10);

  // A stop takes 10 s at most (TERM by a service manager), these together with the mesh's 4 s.
  private static final Duration SERVER_STOP_TIME_MAX = Duration.ofSeconds(4);
  private static final Duration TASK_STOP_TIME_MAX = Duration.ofMillis(1500);

  private final SecureRandom random = new SecureRandom();
  private final Clock clock = Clock.system(ZoneId.systemDefault());

  /** What close() closes, the last first. */
  private final List<AutoCloseable> opened = new ArrayList<>();

  private @Nullable HostAndPort address;
  private @Nullable Fingerprint fingerprint;

  private Node() {}

  /**
   * Starts a node and returns when it serves; the mesh joins later. Blocks; call it from a thread
   * that may.
   *
   * @throws BackupException INVALID_INPUT for a configuration, a directory or an address that
   *     cannot be used, LOCKED when another node has the state directory; nothing is left running
   *     then
   */
  public static Node start(NodeOptions options) {
    Node node = new Node();
    Vertx vertx = NodeVertx.create(CORES);
    node.opened.add(() -> NodeVertx.await(vertx.close(), SERVER_STOP_TIME_MAX));
    return node.started(options, vertx);
  }

  /** The same on a Vert.x of the caller's, who closes it. */
  public static Node start(NodeOptions options, Vertx vertx) {
    return new Node().started(options, vertx);
  }

  private Node started(NodeOptions options, Vertx vertx) {
    try {
      startParts(options, vertx);
      return this;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void startParts(NodeOptions options, Vertx vertx) {
    MeshConfig config = configuration(options.config());
    StateDirectory directory =
        StateDirectory.open(new LocalFiles(), options.state().toAbsolutePath(), random);
    opened.add(StateLock.take(directory));
    TlsIdentity identity = NodeIdentity.open(directory);
    directory
        .removeTemporaryFiles()
        .forEach(file -> LOG.warn("removed what an earlier process left unfinished: {}", file));
    AccessState access = AccessState.open(directory, clock);
    if (FirstAdministrator.ensure(access)) {
      LOG.info(
          "first start: the password of admin@pbs is in {}",
          directory.path().resolve(FirstAdministrator.PASSWORD_FILE));
    }
    TaskRegistry tasks =
        TaskRegistry.open(
            directory.files(), directory.directory("tasks"), clock, NodeIdentity.hostName());
    DatastoreRegistry stores = closing(DatastoreRegistry.open(directory, clock));
    declare(config, stores);

    ExecutorService workers = WorkerPool.create(CORES);
    opened.add(workers::shutdownNow);
    JobTimer timer = closing(new JobTimer());
    Peers peers = closing(new Peers(vertx, config.peers().values(), remoteFile(directory)));
    MeshService mesh =
        closing(MeshParts.create(config, vertx, identity, peers, timer, clock, random));
    SiteStatuses statuses = new SiteStatuses(mesh.coordinator(), clock);
    ReplicationHistory history = new ReplicationHistory();
    SyncFactory factory =
        new SyncFactory(
            peers,
            stores,
            access.control(),
            mesh.coordinator(),
            peer -> siteOf(mesh, peer),
            config.limits(),
            workers,
            clock);
    JobStates states = JobStates.open(directory, tasks);
    JobRunner runner = new JobRunner(tasks, states);
    Jobs jobs = new Jobs(states, clock.getZone());
    SyncJobs syncs =
        new SyncJobs(
            config.syncs(),
            factory,
            tasks,
            runner,
            statuses,
            history,
            mesh.coordinator(),
            peer -> siteOf(mesh, peer),
            timer,
            clock);
    opened.add(() -> stopTasks(tasks, peers));
    closing(syncs);
    SyncJobStore syncStore = SyncJobStore.open(directory, syncs);
    jobs.register(JobType.SYNC, syncs::all);
    Maintenance maintenance =
        Maintenance.create(
            directory, config.datastores().values(), stores, access.control(), tasks, runner, jobs);
    StateFile<NodeConfig> nodeConfig =
        new StateFile<>(directory, "node.cfg", NodeConfig::parse, NodeConfig::format);
    jobs.register(JobType.LOG_ROTATION, new LogRotation(tasks, nodeConfig, runner)::jobs);

    NotificationConfig notifications = new NotificationConfig(directory, clock.getZone());
    Notifier notifier =
        closing(new Notifier(notifications, user -> mailAddress(access.control(), user)));
    StoreNotifications told = new StoreNotifications(stores, notifier);
    runner.onEnd(new JobNotifications(NodeIdentity.hostName(), clock, told));
    maintenance
        .verifying()
        .onDamage(new DamageNotifications(NodeIdentity.hostName(), clock, notifier::send));
    BodyMemory memory = BodyMemory.ofHeap(Runtime.getRuntime().maxMemory());
    NodeMetrics metrics =
        new NodeMetrics(
            jobs,
            stores,
            tasks,
            () -> identity.certificate().getNotAfter().toInstant(),
            memory,
            clock);
    runner.onEnd(metrics);
    HealthWatch health =
        new HealthWatch(
            NodeIdentity.hostName(),
            jobs,
            () -> spaces(stores),
            () -> identity.certificate().getNotAfter().toInstant(),
            clock,
            notifier::send);

    NodeMeasurements measured = new NodeMeasurements(() -> spaces(stores), clock);
    StateFile<SectionConfig> metricServers = MetricServerConfig.file(directory);
    TrafficControl traffic = closing(TrafficControl.open(directory, vertx, clock));
    ApiRouter router =
        RestApi.router(
            access,
            stores,
            tasks,
            identity,
            peers,
            jobs,
            syncStore,
            maintenance,
            new NotificationCalls(notifications, notifier, NodeIdentity.hostName()),
            measured,
            metricServers,
            traffic);
    new MeshEndpoints(mesh, peers, syncs, jobs, history).register(router);
    Sessions sessions =
        new Sessions(
            stores::writing,
            access.control(),
            tasks,
            workers,
            memory,
            (store, namespace, snapshot, owner) -> {
              statuses.backedUp(store, namespace, snapshot);
              maintenance.verifying().verifyNew(tasks, store, namespace, snapshot, owner);
            });
    Sessions readers =
        new Sessions(
            stores::reading, access.control(), tasks, workers, memory, sessions.listener());
    ApiServer server =
        new ApiServer(vertx, router, access)
            .describing(NodeVersion.text())
            .limiting(traffic)
            .page("/metrics", new MetricsPage(metrics, access.control()))
            .upgrade("/backup", new BackupUpgrade(sessions))
            .upgrade("/reader", new ReaderUpgrade(readers))
            .upgrade("/mesh/tunnel", new MeshTunnelUpgrade(mesh));
    HostAndPort listen = listenAddress(options, config);
    opened.add(() -> NodeVertx.await(server.close(), SERVER_STOP_TIME_MAX));
    int port =
        NodeVertx.await(
            server.listen(identity, TlsEngine.choose(), listen.host(), listen.port(), CORES),
            LISTEN_TIME_MAX);
    address = new HostAndPort(listen.host(), port);
    fingerprint = identity.fingerprint();
    tellAddress(directory, new HostAndPort(listen.host(), port));
    mesh.start();
    syncs.start();
    new JobScheduler(jobs, timer, Thread::startVirtualThread, clock).start();
    BiConsumer<Duration, Runnable> later =
        (delay, task) -> timer.after(delay, () -> Thread.startVirtualThread(task));
    measured.start(later);
    traffic.start(later);
    health.start(later);
    new MetricPush(
            metricServers,
            new Figures(
                NodeIdentity.hostName(), metrics, measured, () -> stores.stores().keySet(), clock))
        .start(later);
    Thread.ofPlatform()
        .daemon()
        .name("warm-up")
        .start(
            () -> {
              statuses.announceAll(stores);
              TlsEngine.choose().warmUp();
              Remains.clear(stores, maintenance.moving());
            });
  }

  private static Optional<String> mailAddress(AccessControl access, AuthId user) {
    return Optional.ofNullable(access.users().value().find(user))
        .map(entry -> entry.properties().get("email"));
  }

  private static Map<DatastoreName, Supplier<FileOps.Space>> spaces(DatastoreRegistry stores) {
    Map<DatastoreName, Supplier<FileOps.Space>> spaces = new TreeMap<>();
    stores.stores().forEach((name, store) -> spaces.put(name, store::space));
    return spaces;
  }

  /** Read here, so that a damaged file stops the start and not the first sync. */
  private static StateFile<RemoteConfig> remoteFile(StateDirectory directory) {
    StateFile<RemoteConfig> file =
        new StateFile<>(directory, "remote.cfg", RemoteConfig::parse, RemoteConfig::format);
    var unused = file.load();
    return file;
  }

  private <T extends AutoCloseable> T closing(T part) {
    opened.add(part);
    return part;
  }

  private static MeshConfig configuration(@Nullable Path file) {
    if (file == null) {
      return new MeshConfig(
          "holdfast",
          Optional.empty(),
          Map.of(),
          Map.of(),
          List.of(),
          Optional.empty(),
          Limits.DEFAULT,
          Map.of());
    }
    MeshConfig config = MeshConfigReader.read(file);
    // Peers may be invited later than the node starts, so a missing secret stops nothing.
    for (Problem problem : SecretFiles.check(config)) {
      LOG.warn("{}", problem);
    }
    return config;
  }

  /** A store that cannot be used stops nothing else. */
  private static void declare(MeshConfig config, DatastoreRegistry stores) {
    config
        .datastores()
        .forEach(
            (name, declared) -> {
              DatastoreConfig store =
                  declared
                      .gc()
                      .map(CalendarEvent::toString)
                      .map(DatastoreConfig.of(name, declared.path())::withCollection)
                      .orElse(DatastoreConfig.of(name, declared.path()));
              try {
                stores.declare(store, declared.holds());
              } catch (BackupException e) {
                LOG.error("datastore '{}' cannot be used: {}", name, e.text());
                stores.declareBroken(store, declared.holds(), e);
              }
            });
  }

  private static HostAndPort listenAddress(NodeOptions options, MeshConfig config) {
    return options.listen() != null
        ? options.listen()
        : config.listen().orElse(NodeOptions.LISTEN_DEFAULT);
  }

  private void tellAddress(StateDirectory directory, HostAndPort here) {
    directory.write(LISTEN_ADDRESS_FILE, (here + "\n").getBytes(StandardCharsets.US_ASCII));
    opened.add(() -> directory.files().delete(directory.path().resolve(LISTEN_ADDRESS_FILE)));
  }

  /** As the peer called itself at the last contact; before any, by its name here. */
  private static String siteOf(MeshService mesh, String peer) {
    return mesh.links().stream()
        .filter(link -> link.peer().equals(peer))
        .map(PeerLink::site)
        .filter(site -> site != null)
        .findFirst()
        .orElse(peer);
  }

  private static void stopTasks(TaskRegistry tasks, Peers peers) throws InterruptedException {
    tasks.abortAll();
    peers.close(); // or a task would wait for a peer that does not answer
    int left = tasks.awaitIdle(TASK_STOP_TIME_MAX);
    if (left > 0) {
      LOG.warn("{} tasks did not end in time; the next start files them", left);
    }
  }

  /** Where it serves, with the real port. */
  public HostAndPort address() {
    if (address == null) {
      throw new IllegalStateException("not started");
    }
    return address;
  }

  /** Of the certificate that it shows. */
  public Fingerprint fingerprint() {
    if (fingerprint == null) {
      throw new IllegalStateException("not started");
    }
    return fingerprint;
  }

  /**
   * Ends sessions and tasks, leaves the mesh, and gives everything back, within 10 s. What was
   * finished before stays; a backup under way is as if it had never begun.
   */
  @Override
  public void close() {
    for (AutoCloseable part : opened.reversed()) {
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("stopping: {}", e.toString());
      }
    }
    opened.clear();
  }
}
