package dev.holdfast.node.metrics;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.Page;
import java.util.Set;

/**
 * {@code /metrics}, for whoever may look at the node's state: names of datastores and jobs are
 * nobody else's business.
 */
public record MetricsPage(NodeMetrics metrics, AccessControl access) implements Page {
  private static final String PATH = "/system/status";

  @Override
  public String contentType() {
    return "text/plain; version=0.0.4; charset=utf-8";
  }

  @Override
  public String text(AuthId caller) {
    if (!access.any(caller, PATH, Set.of(Privilege.SYS_AUDIT))) {
      throw new BackupException(
          Kind.PERMISSION, "permission check failed - missing Sys.Audit on " + PATH);
    }
    return metrics.scrape();
  }
}
