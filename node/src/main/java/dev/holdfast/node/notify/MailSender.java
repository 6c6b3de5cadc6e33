package dev.holdfast.node.notify;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.SectionConfig.Section;
import jakarta.mail.Address;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLSocketFactory;

/** Sends mails, by a server or by the machine's own {@code sendmail}. */
final class MailSender implements Sender {
  private static final Path SENDMAIL = Path.of("/usr/sbin/sendmail");
  private static final String AUTHOR_DEFAULT = "Holdfast";

  private final Section section;
  private final Function<AuthId, Optional<String>> addressOf;
  private final Delivery delivery;

  private interface Delivery {
    void deliver(MimeMessage message) throws MessagingException, IOException;
  }

  private MailSender(
      Section section, Function<AuthId, Optional<String>> addressOf, Delivery delivery) {
    this.section = section;
    this.addressOf = addressOf;
    this.delivery = delivery;
  }

  /**
   * @param addressOf what a user's mail address is
   */
  static MailSender smtp(
      Section section,
      SortedMap<String, List<String>> secrets,
      Function<AuthId, Optional<String>> addressOf) {
    return smtp(section, secrets, addressOf, (SSLSocketFactory) SSLSocketFactory.getDefault());
  }

  /**
   * As the other.
   *
   * @param tls knows whose certificates are trusted
   */
  static MailSender smtp(
      Section section,
      SortedMap<String, List<String>> secrets,
      Function<AuthId, Optional<String>> addressOf,
      SSLSocketFactory tls) {
    SmtpServer server = SmtpServer.of(section, secrets);
    return new MailSender(section, addressOf, message -> server.deliver(message, tls));
  }

  static MailSender sendmail(Section section, Function<AuthId, Optional<String>> addressOf) {
    return sendmail(section, addressOf, SENDMAIL);
  }

  /**
   * As the other.
   *
   * @param program that takes a mail as {@code sendmail} does
   */
  static MailSender sendmail(
      Section section, Function<AuthId, Optional<String>> addressOf, Path program) {
    return new MailSender(section, addressOf, message -> local(message, program));
  }

  /** Where and how; the password is for the connection only. */
  private record SmtpServer(String host, int port, String mode, String user, String password) {
    static SmtpServer of(Section section, SortedMap<String, List<String>> secrets) {
      String mode = section.value("mode") == null ? "tls" : String.valueOf(section.value("mode"));
      String port = section.value("port");
      int usual =
          switch (mode) {
            case "tls" -> 465;
            case "starttls" -> 587;
            case "insecure" -> 25;
            default ->
                throw BackupException.invalid(
                    "found mode '" + mode + "', expected insecure, starttls or tls");
          };
      String user = section.value("username");
      return new SmtpServer(
          String.valueOf(section.value("server")),
          port == null ? usual : Integer.parseInt(port),
          mode,
          user == null ? "" : user,
          secrets.getOrDefault("password", List.of("")).getFirst());
    }

    void deliver(MimeMessage message, SSLSocketFactory tls) throws MessagingException {
      Properties properties = properties();
      properties.put("mail." + protocol() + ".ssl.socketFactory", tls);
      Session session = Session.getInstance(properties);
      try (Transport transport = session.getTransport(protocol())) {
        if (user.isEmpty()) {
          transport.connect();
        } else {
          transport.connect(user, password);
        }
        transport.sendMessage(message, message.getAllRecipients());
      }
    }

    private String protocol() {
      return mode.equals("tls") ? "smtps" : "smtp";
    }

    private Properties properties() {
      String prefix = "mail." + protocol() + ".";
      String milliseconds = Long.toString(TIME_MAX.toMillis());
      Properties all = new Properties();
      all.put(prefix + "host", host);
      all.put(prefix + "port", Integer.toString(port));
      all.put(prefix + "connectiontimeout", milliseconds);
      all.put(prefix + "timeout", milliseconds);
      all.put(prefix + "writetimeout", milliseconds);
      all.put(prefix + "auth", Boolean.toString(!user.isEmpty()));
      // Off by default in this library, and without it TLS proves nothing.
      all.put(prefix + "ssl.checkserveridentity", "true");
      if (mode.equals("starttls")) {
        all.put(prefix + "starttls.enable", "true");
        all.put(prefix + "starttls.required", "true");
      }
      return all;
    }

    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  private static void local(MimeMessage message, Path program)
      throws MessagingException, IOException {
    if (!Files.isExecutable(program)) {
      throw new BackupException(Kind.NOT_FOUND, "this machine has no '" + program + "'")
          .advise("Make a target of type smtp, gotify or webhook, and name it in a matcher.");
    }
    Process process =
        new ProcessBuilder(program.toString(), "-B", "8BITMIME", "-t", "-i")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (OutputStream out = process.getOutputStream()) {
      message.writeTo(out);
    }
    try {
      if (!process.waitFor(TIME_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroy();
        throw new IOException("'" + program + "' did not end in time");
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while sending a mail", e);
    }
    if (process.exitValue() != 0) {
      throw new IOException("'" + program + "' ended with " + process.exitValue());
    }
  }

  @Override
  public void send(Notification event) {
    try {
      delivery.deliver(message(event));
    } catch (MessagingException | IOException e) {
      throw new BackupException(
          Kind.PEER_UNREACHABLE, "mail by '" + section.id() + "' failed: " + e.getMessage(), e);
    }
  }

  private MimeMessage message(Notification event)
      throws MessagingException, UnsupportedEncodingException {
    MimeMessage message = new MimeMessage(Session.getInstance(new Properties()));
    String author = section.value("author");
    String from = section.value("from-address");
    message.setFrom(
        new InternetAddress(
            from == null ? "root@localhost" : from, author == null ? AUTHOR_DEFAULT : author));
    message.setRecipients(Message.RecipientType.TO, recipients());
    message.setSubject(event.title(), StandardCharsets.UTF_8.name());
    message.setText(event.text(), StandardCharsets.UTF_8.name());
    message.setSentDate(Date.from(event.time()));
    message.setHeader("Auto-Submitted", "auto-generated");
    message.saveChanges();
    return message;
  }

  private Address[] recipients() throws MessagingException {
    List<Address> all = new ArrayList<>();
    for (String address : section.properties().getOrDefault("mailto", List.of())) {
      all.add(new InternetAddress(address));
    }
    for (String user : section.properties().getOrDefault("mailto-user", List.of())) {
      Optional<String> address = addressOf.apply(AuthId.parse(user));
      if (address.isPresent()) {
        all.add(new InternetAddress(address.get()));
      }
    }
    if (all.isEmpty()) {
      throw BackupException.invalid(
              "target '"
                  + section.id()
                  + "' has nobody to send to: no mailto, and no user with a"
                  + " mail address")
          .advise("`holdfast user update root@pam --email ADDRESS` gives one.");
    }
    return all.toArray(Address[]::new);
  }
}
