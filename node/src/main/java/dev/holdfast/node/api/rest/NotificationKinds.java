package dev.holdfast.node.api.rest;

import dev.holdfast.meshconfig.DailyDuration;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.rest.NotificationEndpoints.Kind;
import dev.holdfast.node.notify.NotificationValues;
import java.util.List;

/** The kinds of targets, and matchers, with their parameters (spec/rest-api.md §6.10). */
final class NotificationKinds {
  private static final String LINE = "\\P{Cntrl}*";
  private static final Param DISABLE = Param.bool("disable");
  private static final Param GOTIFY_SERVER =
      Param.grammar(
          "server", 1, 1024, NotificationValues.HTTP_URL, NotificationValues::requireHttpUrl);
  private static final Param SMTP_SERVER =
      Param.grammar("server", 1, 1024, NotificationValues.HOST, NotificationValues::requireHost);
  private static final Param MAILTO = mailAddress("mailto").list();
  private static final Param MAILTO_USER = Param.userId("mailto-user").list();
  private static final Param FROM = mailAddress("from-address");
  private static final Param AUTHOR = Param.text("author", 1, 256, LINE);

  private NotificationKinds() {}

  private static Param mailAddress(String name) {
    return Param.grammar(
        name, 1, 256, NotificationValues.MAIL_ADDRESS, NotificationValues::requireMailAddress);
  }

  static final List<Kind> ALL =
      List.of(
          new Kind(
              "endpoints/gotify",
              "gotify",
              "Gotify targets",
              List.of(GOTIFY_SERVER),
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
              List.of(SMTP_SERVER, FROM),
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
                  Param.choice("method", "post", "put", "get"),
                  Param.hiddenGrammar(
                      "url",
                      1,
                      4096,
                      NotificationValues.WEBHOOK_URL,
                      NotificationValues::requireWebhookUrl)),
              List.of(
                  Param.hiddenGrammar(
                          "header",
                          1,
                          16_384,
                          NotificationValues.PROPERTY,
                          NotificationValues::requireHeader)
                      .list(),
                  Param.hiddenGrammar(
                      "body",
                      0,
                      65_536,
                      NotificationValues.TEMPLATE,
                      NotificationValues::requireTemplate),
                  Param.COMMENT,
                  DISABLE),
              Param.hiddenGrammar(
                      "secret",
                      1,
                      16_384,
                      NotificationValues.PROPERTY,
                      NotificationValues::requireSecret)
                  .list()),
          new Kind(
              "matchers",
              "matcher",
              "matchers",
              List.of(),
              List.of(
                  Param.grammar(
                          "match-field",
                          1,
                          1024,
                          NotificationValues.MATCH_FIELD,
                          NotificationValues::requireField)
                      .list(),
                  Param.grammar(
                          "match-severity",
                          1,
                          128,
                          NotificationValues.MATCH_SEVERITY,
                          NotificationValues::requireSeverities)
                      .list(),
                  Param.grammar(
                          "match-calendar",
                          1,
                          256,
                          NotificationValues.MATCH_CALENDAR,
                          DailyDuration::parse)
                      .list(),
                  Param.choice("mode", "all", "any"),
                  Param.bool("invert-match"),
                  Param.safeId("target", 2, 64).list(),
                  Param.COMMENT,
                  DISABLE),
              null));
}
