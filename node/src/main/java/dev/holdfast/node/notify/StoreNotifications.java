package dev.holdfast.node.notify;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.api.DatastoreConfig;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.UserMail;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the end of a job to where its datastore wants it: to the matchers, or in mode {@code
 * legacy-sendmail} to one user by mail and nobody else. What is no job, and of no datastore, goes
 * to the matchers. Any thread.
 */
public final class StoreNotifications implements Consumer<Notification> {
  private static final Logger LOG = LoggerFactory.getLogger(StoreNotifications.class);

  private final DatastoreRegistry stores;
  private final Notifier notifier;

  public StoreNotifications(DatastoreRegistry stores, Notifier notifier) {
    this.stores = stores;
    this.notifier = notifier;
  }

  @Override
  public void accept(Notification event) {
    Optional<UserMail.Kind> kind = UserMail.Kind.of(event.fields().getOrDefault("type", ""));
    Optional<UserMail> mail = kind.isEmpty() ? Optional.empty() : userMail(event);
    if (mail.isEmpty()) {
      notifier.send(event);
    } else if (mail.get().wanted(kind.get(), event.severity() != Severity.INFO)) {
      notifier.mail(mail.get().user(), event);
    }
  }

  private Optional<UserMail> userMail(Notification event) {
    String store = event.fields().get("datastore");
    try {
      DatastoreConfig config = store == null ? null : stores.config(new DatastoreName(store));
      return config == null ? Optional.empty() : config.userMail();
    } catch (BackupException e) {
      LOG.warn("who is told of datastore '{}' cannot be read: {}", store, e.text());
      return Optional.empty();
    }
  }
}
