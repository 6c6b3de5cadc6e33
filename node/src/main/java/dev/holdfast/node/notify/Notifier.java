package dev.holdfast.node.notify;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.SectionConfig.Section;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Brings notifications to those who want them. Each target gets one copy, however many matchers
 * name it; what cannot be delivered is logged and not tried again. Any thread; returns at once.
 */
public final class Notifier implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Notifier.class);

  /** More than that wait only when targets do not answer; then the newest are left out. */
  private static final int WAITING_MAX = 256;

  private static final Duration STOP_TIME_MAX = Duration.ofSeconds(1);

  private final NotificationConfig config;
  private final Function<AuthId, Optional<String>> addressOf;

  /** Targets that the last notification did not reach. Used by the one thread. */
  private final Set<String> failing = new HashSet<>();

  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          1,
          TimeUnit.MINUTES,
          new ArrayBlockingQueue<>(WAITING_MAX),
          Thread.ofPlatform().daemon().name("notifier").factory());

  /**
   * @param addressOf what a user's mail address is
   */
  public Notifier(NotificationConfig config, Function<AuthId, Optional<String>> addressOf) {
    this.config = config;
    this.addressOf = addressOf;
    thread.allowCoreThreadTimeOut(true);
  }

  /** Sends it to all who want it, later. */
  public void send(Notification event) {
    try {
      thread.execute(() -> deliver(event));
    } catch (RejectedExecutionException e) {
      LOG.warn("notification '{}' is left out: too many wait, or the node stops", event.title());
    }
  }

  /** Sends it to one user by the machine's own {@code sendmail}, later, whatever matchers say. */
  void mail(AuthId user, Notification event) {
    Section target =
        Section.of("sendmail", "mail to " + user, Map.of("mailto-user", user.toString()));
    try {
      thread.execute(() -> deliver(target, event));
    } catch (RejectedExecutionException e) {
      LOG.warn("notification '{}' is left out: too many wait, or the node stops", event.title());
    }
  }

  private void deliver(Notification event) {
    Set<String> names = new LinkedHashSet<>();
    try {
      for (Matcher matcher : config.matchers()) {
        if (matcher.matches(event)) {
          names.addAll(matcher.targets());
        }
      }
    } catch (BackupException e) {
      LOG.error("notification '{}' is left out: {}", event.title(), e.text());
      return;
    }
    for (String name : names) {
      Optional<Section> target = config.find(name);
      if (target.isPresent() && !Matcher.flag(target.get(), "disable")) {
        deliver(target.get(), event);
      }
    }
  }

  private void deliver(Section target, Notification event) {
    String name = target.id();
    try {
      sender(target).send(event);
      failing.remove(name);
    } catch (BackupException e) {
      // Once for a target, until one arrives: the log is not for telling the same all day.
      Level level = failing.add(name) ? Level.WARN : Level.DEBUG;
      LOG.atLevel(level).log("notification '{}' was not delivered: {}", event.title(), e.text());
    } catch (RuntimeException e) {
      LOG.error("notification '{}' was not delivered to '{}'", event.title(), name, e);
    }
  }

  /**
   * Sends to one target, whatever matchers say, and waits for it.
   *
   * @throws BackupException why it did not arrive
   */
  public void sendTo(String name, Notification event) {
    Section target =
        config
            .find(name)
            .filter(found -> !found.type().equals(Matcher.TYPE))
            .orElseThrow(() -> BackupException.notFound("no such target '" + name + "'"));
    sender(target).send(event);
  }

  private Sender sender(Section target) {
    SortedMap<String, List<String>> secrets = config.secretsOf(target.id());
    return switch (target.type()) {
      case "gotify" -> HttpSender.gotify(target, secrets);
      case "webhook" -> HttpSender.webhook(target, secrets);
      case "smtp" -> MailSender.smtp(target, secrets, addressOf);
      case "sendmail" -> MailSender.sendmail(target, addressOf);
      default ->
          throw BackupException.invalid(
              "target '" + target.id() + "' is of unknown type '" + target.type() + "'");
    };
  }

  /** What waits is left out after a second. */
  @Override
  public void close() throws InterruptedException {
    thread.shutdown();
    if (!thread.awaitTermination(STOP_TIME_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
      thread.shutdownNow();
    }
  }
}
