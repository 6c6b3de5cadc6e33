package dev.holdfast.node.api.rest;

import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.rest.NotificationEndpoints.Kind;
import java.util.List;

/** The kinds of targets, and matchers, with their parameters (spec/rest-api.md §6.10). */
final class NotificationKinds {
  private static final String LINE = "\\P{Cntrl}*";
  private static final Param DISABLE = Param.bool("disable");
  private static final Param SERVER = Param.text("server", 1, 1024, LINE);
  private static final Param MAILTO = Param.text("mailto", 1, 256, LINE).list();
  private static final Param MAILTO_USER = Param.userId("mailto-user").list();
  private static final Param FROM = Param.text("from-address", 1, 256, LINE);
  private static final Param AUTHOR = Param.text("author", 1, 256, LINE);

  private NotificationKinds() {}

  static final List<Kind> ALL =
      List.of(
          new Kind(
              "endpoints/gotify",
              "gotify",
              "Gotify targets",
              List.of(SERVER),
              List.of(Param.COMMENT, DISABLE),
              Param.text("token", 1, 1024, LINE)),
          new Kind(
              "endpoints/sendmail",
              "sendmail",
              "targets that use the machine's own mail",
              List.of(),
              List.of(MAILTO, MAILTO_USER, FROM, AUTHOR, Param.COMMENT, DISABLE),
              null),
          new Kind(
              "endpoints/smtp",
              "smtp",
              "targets that use a mail server",
              List.of(SERVER, FROM),
              List.of(
                  Param.integer("port", 1, 65_535),
                  Param.choice("mode", "insecure", "starttls", "tls"),
                  Param.text("username", 1, 256, LINE),
                  MAILTO,
                  MAILTO_USER,
                  AUTHOR,
                  Param.COMMENT,
                  DISABLE),
              Param.text("password", 1, 1024, LINE)),
          new Kind(
              "endpoints/webhook",
              "webhook",
              "targets that are called by HTTP",
              List.of(
                  Param.choice("method", "post", "put", "get"), Param.text("url", 1, 4096, LINE)),
              List.of(
                  Param.text("header", 1, 16_384, LINE).list(),
                  Param.text("body", 0, 65_536, LINE),
                  Param.COMMENT,
                  DISABLE),
              Param.text("secret", 1, 16_384, LINE).list()),
          new Kind(
              "matchers",
              "matcher",
              "matchers",
              List.of(),
              List.of(
                  Param.text("match-field", 1, 1024, LINE).list(),
                  Param.text("match-severity", 1, 128, LINE).list(),
                  Param.text("match-calendar", 1, 256, LINE).list(),
                  Param.choice("mode", "all", "any"),
                  Param.bool("invert-match"),
                  Param.safeId("target", 2, 64).list(),
                  Param.COMMENT,
                  DISABLE),
              null));
}
