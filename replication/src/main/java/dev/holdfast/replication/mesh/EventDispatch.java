package dev.holdfast.replication.mesh;

import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The subscribers of one coordinator, called one at a time on the executor given. */
final class EventDispatch {
  private static final Logger LOG = LoggerFactory.getLogger(EventDispatch.class);

  private final Executor executor;
  private final CopyOnWriteArrayList<Consumer<MeshEvent>> listeners = new CopyOnWriteArrayList<>();

  /**
   * @param executor runs one task after the other
   */
  EventDispatch(Executor executor) {
    this.executor = executor;
  }

  MeshCoordinator.Subscription subscribe(Consumer<MeshEvent> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  void deliver(MeshEvent event) {
    try {
      executor.execute(() -> listeners.forEach(listener -> call(listener, event)));
    } catch (RejectedExecutionException e) {
      LOG.warn("{} was dropped: too many events wait for their subscribers", event);
    }
  }

  @SuppressWarnings("CatchingUnchecked") // a listener's fault must not end the delivery to others
  private static void call(Consumer<MeshEvent> listener, MeshEvent event) {
    try {
      listener.accept(event);
    } catch (RuntimeException e) {
      LOG.warn("a subscriber failed on {}", event, e);
    }
  }
}
