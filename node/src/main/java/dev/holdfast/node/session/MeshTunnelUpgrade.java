package dev.holdfast.node.session;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Upgrade;
import dev.holdfast.replication.mesh.MeshService;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answering end of a peer's tunnel. Any login will do here: the tunnel itself asks for a
 * signature of a pinned node key.
 */
public final class MeshTunnelUpgrade implements Upgrade {
  private static final Logger LOG = LoggerFactory.getLogger(MeshTunnelUpgrade.class);

  private final MeshService mesh;

  public MeshTunnelUpgrade(MeshService mesh) {
    this.mesh = mesh;
  }

  @Override
  public ParamSchema schema() {
    return ParamSchema.NONE;
  }

  @Override
  public Consumer<HttpServerRequest> prepare(ApiCall call, @Nullable String protocol) {
    AuthId caller = call.who();
    return request -> {
      var unused =
          mesh.tunnel(request, caller)
              .onSuccess(pin -> LOG.debug("tunnel of {} opened ({})", caller, pin));
    };
  }
}
