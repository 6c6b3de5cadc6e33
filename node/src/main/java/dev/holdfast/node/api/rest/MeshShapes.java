package dev.holdfast.node.api.rest;

import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;

/** What the calls below {@code /mesh/} answer. */
final class MeshShapes {
  static final Shape HELLO =
      Shape.object(
          Field.text("site"),
          Field.text("host").meaning("the same for nodes on one machine"),
          Field.text("version"),
          Field.text("address").orNone().meaning("of its member"),
          Field.of("capabilities", Value.TEXT.list()));

  static final Shape PEER =
      Shape.object(
          Field.text("name"),
          Field.text("url"),
          Field.text("token"),
          Field.of("fingerprints", Value.TEXT.list()),
          Field.of("site", Value.TEXT.orNull()).orNone().meaning("null until it was reached"),
          Field.text("link").orNone().meaning("how it is reached"),
          Field.text("detail").orNone());

  private static final Shape MEMBER =
      Shape.object(
          Field.text("site"),
          Field.text("address"),
          Field.text("version"),
          Field.integer("since").meaning("seconds since 1970"),
          Field.flag("self"));

  private static final Shape SITE =
      Shape.object(
          Field.text("site"),
          Field.text("store"),
          Field.text("ns"),
          Field.text("group"),
          Field.integer("newest-time").meaning("of the newest snapshot, seconds since 1970"),
          Field.integer("restorable-at").meaning("seconds since 1970"),
          Field.integer("transfer-ms"),
          Field.integer("bytes").meaning("transferred"),
          Field.flag("stale").meaning("the site has gone; this is the last that was known"),
          Field.integer("behind-seconds").meaning("behind the newest that any site holds"));

  static final Shape STATUS =
      Shape.object(
          Field.text("site"),
          Field.text("state"),
          Field.text("reason"),
          Field.of("members", MEMBER.list()),
          Field.of("peers", PEER.list()),
          Field.of("statuses", SITE.list()));

  static final Shape SYNC =
      Shape.object(
              Field.text("id"),
              Field.of("direction", Shape.oneOf("pull", "push")),
              Field.text("remote"),
              Field.text("local"),
              Field.text("when").meaning("event, a calendar expression, or both"),
              Field.integer("max-depth"),
              Field.flag("remove-vanished"),
              Field.flag("running"),
              Field.text("task").orNone())
          .and(JobRuns.SHAPE);

  static final Shape LAG =
      Shape.object(
          Field.of(
              "snapshots",
              Shape.object(
                      Field.text("sync"),
                      Field.text("store"),
                      Field.text("ns"),
                      Field.text("snapshot"),
                      Field.text("reason"),
                      Field.integer("finished-at-ms").orNone().meaning("since 1970, at its origin"),
                      Field.integer("restorable-at-ms").meaning("since 1970, here"),
                      Field.integer("lag-ms").orNone(),
                      Field.integer("transfer-ms"),
                      Field.integer("bytes"))
                  .list()),
          Field.integer("lag-ms-p50").orNone(),
          Field.integer("transfer-ms-p50").orNone());

  /** As {@link dev.holdfast.replication.plan.SyncPlanJson} writes it. */
  static final Shape PLAN = plan();

  private MeshShapes() {}

  private static Shape plan() {
    Field[] group = {Field.text("ns"), Field.text("backup-type"), Field.text("backup-id")};
    Shape.Fields snapshot =
        Shape.object(group)
            .and(
                Field.integer("backup-time").meaning("seconds since 1970"),
                Field.text("snapshot"),
                Field.text("source-ns"),
                Field.text("reason"));
    Shape.Fields gone =
        Shape.object(
            Field.of("kind", Shape.oneOf("snapshot", "group", "namespace")),
            Field.text("ns"),
            Field.text("backup-type").orNone(),
            Field.text("backup-id").orNone(),
            Field.integer("backup-time").orNone(),
            Field.text("snapshot").orNone());
    return Shape.object(
        Field.of("lines", Value.TEXT.list()).meaning("the plan for people"),
        Field.of(
            "plan",
            Shape.object(
                Field.text("from"),
                Field.text("into"),
                Field.text("owner").meaning("of what is new here"),
                Field.flag("refused").meaning("nothing of it would be done"),
                Field.flag("empty"),
                Field.integer("bytes"),
                Field.of("create-namespaces", Value.TEXT.list()),
                Field.of("transfers", snapshot.and(Field.integer("bytes")).list()),
                Field.of("skipped", snapshot.list()),
                Field.of(
                    "removals",
                    gone.and(Field.integer("snapshots").orNone(), Field.text("rule")).list()),
                Field.of("kept", gone.and(Field.text("reason")).list()),
                Field.of(
                    "refusals",
                    Shape.object(Field.text("kind"), Field.flag("stops-all"), Field.text("text"))
                        .list()))));
  }
}
