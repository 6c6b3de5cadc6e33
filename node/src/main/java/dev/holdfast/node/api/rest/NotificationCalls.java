package dev.holdfast.node.api.rest;

import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.notify.NotificationConfig;
import dev.holdfast.node.notify.Notifier;
import java.time.InstantSource;

/**
 * All calls below {@code /config/notifications}.
 *
 * @param host as notifications name this node
 */
public record NotificationCalls(NotificationConfig config, Notifier notifier, String host) {
  void register(ApiRouter router, DatastoreRegistry stores, Jobs jobs, InstantSource clock) {
    NotificationKinds.ALL.forEach(kind -> new NotificationEndpoints(kind, config).register(router));
    new NotificationTargetEndpoints(config, notifier, stores, jobs, host, clock).register(router);
  }
}
