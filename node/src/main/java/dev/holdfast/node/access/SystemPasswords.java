package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passwords of users of realm {@code pam} whom the machine knows, by its PAM where it has one. Its
 * modules may hang, so they run on threads of their own, a few at once, and who waits gives up
 * after a time. Any thread that may block.
 */
final class SystemPasswords {
  /** Modules wait some seconds after a wrong password. */
  static final Duration ANSWER_TIME_MAX = Duration.ofSeconds(15);

  /** A hanging module holds one of them. */
  private static final int CALLS_MAX = 8;

  /** What the machine may be configured for, the first that is there. */
  private static final List<String> SERVICES = List.of("proxmox-backup-auth", "login");

  private static final Path SYSTEM_DIRECTORY = Path.of("/etc/pam.d");
  private static final Logger LOG = LoggerFactory.getLogger(SystemPasswords.class);

  private final Optional<LibPam> library;
  private final String service;
  private final @Nullable Path directory;
  private final Duration answerTimeMax;
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          0,
          CALLS_MAX,
          1,
          TimeUnit.MINUTES,
          new SynchronousQueue<>(),
          Thread.ofPlatform().daemon().name("pam-", 0).factory());

  /**
   * @param directory where services are configured; null = where the system has them
   */
  SystemPasswords(
      Optional<LibPam> library, String service, @Nullable Path directory, Duration answerTimeMax) {
    this.library = library;
    this.service = service;
    this.directory = directory;
    this.answerTimeMax = answerTimeMax;
  }

  /** Tells the log what there is. */
  static SystemPasswords ofThisMachine() {
    Optional<LibPam> library = LibPam.find();
    String service =
        SERVICES.stream()
            .filter(name -> Files.exists(SYSTEM_DIRECTORY.resolve(name)))
            .findFirst()
            .orElse(SERVICES.getLast());
    if (library.isPresent()) {
      LOG.info("realm pam asks the machine's PAM, service '{}'", service);
    } else {
      LOG.info(
          "this machine has no {}: users of realm pam need a password of this node's",
          LibPam.LIBRARY);
    }
    return new SystemPasswords(library, service, null, ANSWER_TIME_MAX);
  }

  /**
   * Throws UNAUTHENTICATED, with the reason for the log, also when PAM cannot be asked: nobody is
   * let in on a guess.
   */
  void check(AuthId user, Secret password) {
    LibPam pam =
        library.orElseThrow(
            () ->
                Tickets.refused(
                    "this machine has no "
                        + LibPam.LIBRARY
                        + ", and '"
                        + user
                        + "' has no password of this node's"));
    String text = password.reveal();
    if (text.isEmpty() || text.indexOf('\0') >= 0) {
      throw Tickets.refused("invalid credentials");
    }
    LibPam.Answer answer = ask(pam, user, password);
    if (answer.code() != LibPam.SUCCESS) {
      throw Tickets.refused("PAM service '" + service + "': " + answer.text());
    }
  }

  private LibPam.Answer ask(LibPam pam, AuthId user, Secret password) {
    try {
      Future<LibPam.Answer> answer =
          threads.submit(() -> pam.check(service, directory, user.user(), password));
      return answer.get(answerTimeMax.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw Tickets.refused(
          "PAM service '"
              + service
              + "' did not answer within "
              + answerTimeMax.toSeconds()
              + " s");
    } catch (RejectedExecutionException e) {
      throw Tickets.refused("PAM service '" + service + "' is busy with " + CALLS_MAX + " logins");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Tickets.refused("interrupted while PAM was asked");
    } catch (ExecutionException e) {
      throw new BackupException(
          BackupException.Kind.UNAUTHENTICATED, "PAM cannot be asked: " + e.getCause(), e);
    }
  }
}
