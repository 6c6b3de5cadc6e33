package dev.holdfast.replication.mesh;

import com.hazelcast.config.Config;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.TcpIpConfig;
import com.hazelcast.spi.merge.LatestUpdateMergePolicy;
import com.hazelcast.spi.properties.ClusterProperty;
import com.hazelcast.spi.properties.HazelcastProperty;
import dev.holdfast.chunkstore.model.Secret;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;

/**
 * The configuration of a cluster member: bound to its virtual address and to nothing else, joined
 * by a list of addresses, small. What is not in the open edition (member TLS, CP subsystem, WAN,
 * persistence) is not touched; the tunnels do the first, nothing needs the rest.
 */
final class MemberConfig {
  static final String LEASES = "holdfast-leases";
  static final String EPOCHS = "holdfast-lease-epochs";
  static final String STATUS = "holdfast-status";
  static final String EVENTS = "holdfast-events";

  static final String ATTRIBUTE_SITE = "site";
  static final String ATTRIBUTE_VERSION = "version";
  static final String ATTRIBUTE_INCARNATION = "incarnation";

  /** Prime, and plenty for some thousand small entries; the default of 271 only costs memory. */
  private static final int PARTITIONS = 71;

  /** A member that is silent so long is gone. */
  private static final int NO_HEARTBEAT_SECONDS = 10;

  private static final int HEARTBEAT_SECONDS = 2;

  /** How often two halves of a split look for each other. */
  private static final int MERGE_RUN_SECONDS = 5;

  /** A start that takes longer fails and is retried by us. */
  private static final int JOIN_SECONDS_MAX = 30;

  /** Bounds one attempt to reach an address whose tunnel accepts and then leads nowhere. */
  private static final int CONNECT_SECONDS_MAX = 3;

  /** Leaving hands entries over for at most so long. */
  private static final int LEAVE_SECONDS_MAX = 2;

  /** An epoch nobody asked for is forgotten; the clock keeps the next one larger. */
  private static final int EPOCH_IDLE_SECONDS_MAX = 7 * 24 * 3600;

  private static final int MERGE_BATCH = 100;

  private MemberConfig() {}

  static Config of(
      HazelcastMesh.Settings settings,
      String incarnation,
      Supplier<? extends Collection<VirtualAddress>> others) {
    Config config = new Config();
    config.setInstanceName("holdfast-" + settings.site() + "-" + incarnation);
    config.setClusterName(clusterName(settings.meshSecret()));
    config
        .getMemberAttributeConfig()
        .setAttribute(ATTRIBUTE_SITE, settings.site())
        .setAttribute(ATTRIBUTE_VERSION, settings.version())
        .setAttribute(ATTRIBUTE_INCARNATION, incarnation);
    config.getJetConfig().setEnabled(false);
    config.getMetricsConfig().setEnabled(false);
    properties(config, settings.address());
    network(config, settings.address(), others);
    structures(config);
    // Only strings and numbers cross, which need no Java serialisation; the library's own
    // exceptions do.
    JavaSerializationFilterConfig filter = new JavaSerializationFilterConfig();
    filter.getWhitelist().addPrefixes("com.hazelcast.", "java.lang.", "java.util.", "[");
    filter.setDefaultsDisabled(true);
    config.getSerializationConfig().setJavaSerializationFilterConfig(filter);
    return config;
  }

  /** Members of another name are refused; the name shows in logs, so it is a hash of the secret. */
  static String clusterName(Secret meshSecret) {
    return HexFormat.of()
        .formatHex(VirtualAddress.sha256("holdfast-mesh-v1 cluster", meshSecret.reveal()));
  }

  private static void properties(Config config, VirtualAddress own) {
    // Interface patterns do not match 127.77/16; this undocumented-by-default pair does
    // (prototypes.md §4).
    config.setProperty("hazelcast.local.localAddress", own.toString());
    set(config, ClusterProperty.SOCKET_BIND_ANY, false);
    set(config, ClusterProperty.PHONE_HOME_ENABLED, false);
    set(config, ClusterProperty.SHUTDOWNHOOK_ENABLED, false);
    set(config, ClusterProperty.LOGGING_TYPE, "slf4j");
    set(config, ClusterProperty.LOG_EMOJI_ENABLED, false);
    set(config, ClusterProperty.HEALTH_MONITORING_LEVEL, "OFF");
    set(config, ClusterProperty.SLOW_OPERATION_DETECTOR_ENABLED, false);
    set(config, ClusterProperty.PARTITION_COUNT, PARTITIONS);
    set(config, ClusterProperty.PARTITION_OPERATION_THREAD_COUNT, 2);
    set(config, ClusterProperty.GENERIC_OPERATION_THREAD_COUNT, 2);
    set(config, ClusterProperty.CLIENT_ENGINE_THREAD_COUNT, 1);
    set(config, ClusterProperty.CLIENT_ENGINE_QUERY_THREAD_COUNT, 1);
    set(config, ClusterProperty.CLIENT_ENGINE_BLOCKING_THREAD_COUNT, 1);
    set(config, ClusterProperty.RESPONSE_THREAD_COUNT, 1);
    set(config, ClusterProperty.EVENT_THREAD_COUNT, 1);
    set(config, ClusterProperty.IO_THREAD_COUNT, 1);
    set(config, ClusterProperty.WAIT_SECONDS_BEFORE_JOIN, 0);
    set(config, ClusterProperty.MAX_JOIN_SECONDS, JOIN_SECONDS_MAX);
    set(config, ClusterProperty.HEARTBEAT_INTERVAL_SECONDS, HEARTBEAT_SECONDS);
    set(config, ClusterProperty.MAX_NO_HEARTBEAT_SECONDS, NO_HEARTBEAT_SECONDS);
    set(config, ClusterProperty.MERGE_FIRST_RUN_DELAY_SECONDS, MERGE_RUN_SECONDS);
    set(config, ClusterProperty.MERGE_NEXT_RUN_DELAY_SECONDS, MERGE_RUN_SECONDS);
    set(config, ClusterProperty.GRACEFUL_SHUTDOWN_MAX_WAIT, LEAVE_SECONDS_MAX);
  }

  private static void set(Config config, HazelcastProperty property, Object value) {
    config.setProperty(property.getName(), value.toString());
  }

  private static void network(
      Config config, VirtualAddress own, Supplier<? extends Collection<VirtualAddress>> others) {
    config
        .getNetworkConfig()
        .setPort(VirtualAddress.MEMBER_PORT)
        .setPortAutoIncrement(false)
        .setPublicAddress(own + ":" + VirtualAddress.MEMBER_PORT);
    JoinConfig join = config.getNetworkConfig().getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    TcpIpConfig list = new JoinList(others);
    list.setEnabled(true).setConnectionTimeoutSeconds(CONNECT_SECONDS_MAX);
    join.setTcpIpConfig(list);
  }

  /** Read anew at each attempt to join or merge, because peers tell their addresses later. */
  private static final class JoinList extends TcpIpConfig {
    private final Supplier<? extends Collection<VirtualAddress>> others;

    JoinList(Supplier<? extends Collection<VirtualAddress>> others) {
      this.others = others;
    }

    @Override
    public List<String> getMembers() {
      return others.get().stream()
          .map(address -> address + ":" + VirtualAddress.MEMBER_PORT)
          .toList();
    }
  }

  private static void structures(Config config) {
    MergePolicyConfig latest =
        new MergePolicyConfig(LatestUpdateMergePolicy.class.getName(), MERGE_BATCH);
    // The policy compares times of update, which a map keeps only with entry statistics on.
    config.addMapConfig(
        new MapConfig(LEASES).setPerEntryStatsEnabled(true).setMergePolicyConfig(latest));
    config.addMapConfig(
        new MapConfig(EPOCHS)
            .setPerEntryStatsEnabled(true)
            .setMaxIdleSeconds(EPOCH_IDLE_SECONDS_MAX)
            .setMergePolicyConfig(latest));
    config
        .getReplicatedMapConfig(STATUS)
        .setInMemoryFormat(InMemoryFormat.OBJECT)
        .setAsyncFillup(true)
        .setMergePolicyConfig(latest);
  }
}
