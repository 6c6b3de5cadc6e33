package dev.holdfast.node.api.rest;

import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Endpoint;
import java.util.List;

/**
 * Calls that answer 501 with the reason, so that a client is told and does not take this for a
 * server too old: what a program without a machine of its own cannot have (spec/rest-api.md §8).
 */
final class Unavailable {
  private static final String STORE = "/admin/datastore/{store}";
  private static final String NODE = "/nodes/{node}";

  private static final String DISKS = "this node does not manage disks; it uses directories";
  private static final String PACKAGES =
      "this node is one program; it does not manage the machine's packages";
  private static final String MACHINE = "this node does not administer the machine it runs on";
  private static final String TAPE = "this node has no tape support";
  private static final String REMOVABLE =
      "this node has no removable datastores; one is a directory that is always there";
  private static final String OBJECTS =
      "this node has no object storage yet; datastores are directories";
  private static final String ACME =
      "this node orders no certificates; put yours into its state directory";

  private Unavailable() {}

  static void register(ApiRouter router) {
    refuse(router, "GET", DISKS, NODE + "/disks");
    refuse(router, "GET", PACKAGES, NODE + "/apt/update", NODE + "/apt/versions");
    refuse(router, "GET", MACHINE, NODE + "/network", NODE + "/dns", NODE + "/services");
    refuse(router, "PUT", MACHINE, NODE + "/network", NODE + "/dns", NODE + "/time");
    refuse(router, "POST", MACHINE, NODE + "/status", NODE + "/termproxy");
    refuse(router, "GET", MACHINE, NODE + "/vncwebsocket", NODE + "/journal", NODE + "/syslog");
    refuse(router, "GET", TAPE, "/tape/changer", "/tape/drive", "/tape/media", "/tape/backup");
    for (String kind : List.of("changer", "drive", "media-pool", "tape-backup-job")) {
      refuse(router, "GET", TAPE, "/config/" + kind);
      refuse(router, "POST", TAPE, "/config/" + kind);
    }
    refuse(router, "POST", REMOVABLE, STORE + "/mount", STORE + "/unmount");
    refuse(router, "PUT", OBJECTS, STORE + "/s3-refresh");
    refuse(router, "GET", OBJECTS, "/config/s3");
    refuse(router, "POST", OBJECTS, "/config/s3");
    refuse(router, "GET", ACME, "/config/acme/account", "/config/acme/plugins");
  }

  private static void refuse(ApiRouter router, String method, String why, String... paths) {
    for (String path : paths) {
      router.add(method, path, Endpoint.refused(why));
    }
  }
}
