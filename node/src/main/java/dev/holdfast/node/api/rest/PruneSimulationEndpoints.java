package dev.holdfast.node.api.rest;

import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.meshconfig.TimeSpan;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.maintenance.BackupVolume;
import dev.holdfast.node.maintenance.PruneSimulation;
import dev.holdfast.node.maintenance.PruneSimulationJson;
import dev.holdfast.node.traffic.ByteCount;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/** Tells what retention rules would keep over time; a real PBS has it in its documentation only. */
final class PruneSimulationEndpoints {
  private static final int DAYS_DEFAULT = 365;
  private static final int DAYS_MAX = 3660;
  private static final Param SCHEDULE = Param.schedule("schedule", 1, 128);
  private static final Param PRUNE_SCHEDULE = Param.schedule("prune-schedule", 1, 128).orNone();
  private static final Param HOLD =
      Param.grammar("hold", 1, 64, TimeSpan.GRAMMAR, TimeSpan::parse).orNone();
  private static final Param SIZE =
      Param.grammar("size", 1, 32, ByteCount.GRAMMAR, ByteCount::parse).orNone();
  private static final Param CHANGE =
      Param.grammar("change", 1, 32, ByteCount.GRAMMAR, ByteCount::parse).orNone();
  private static final Param DAYS = Param.integer("days", 1, DAYS_MAX).orNone();
  private static final Param END = Param.integer("end", 0, Integer.MAX_VALUE).orNone();

  private static final Shape SHAPE =
      Shape.object(
          Field.integer("start").meaning("seconds since 1970"),
          Field.integer("end").meaning("seconds since 1970"),
          Field.integer("made"),
          Field.integer("kept").meaning("at the end"),
          Field.integer("count-max").meaning("after any prune"),
          Field.integer("bytes").orNone().meaning("that those kept take, when a size was given"),
          Field.integer("bytes-max").orNone().meaning("after any prune"),
          Field.of(
              "snapshots",
              Shape.object(
                      Field.integer("backup-time"),
                      Field.flag("keep").meaning("it is there at the end"),
                      Field.integer("life-seconds").meaning("so far, when it is there at the end"),
                      Field.integer("removed-at").orNone(),
                      Field.flag("held").orNone().meaning("no rule keeps it, but the hold does"),
                      Field.text("rule").orNone().meaning("that keeps it, or kept it last"),
                      Field.integer("ordinal").orNone().meaning("in that rule, the newest is 1"))
                  .list()),
          Field.of(
              "counts",
              Shape.object(
                      Field.integer("time"),
                      Field.integer("snapshots"),
                      Field.integer("bytes").orNone())
                  .list()));

  private final Clock clock;

  /**
   * @param clock with the zone in which schedules and rules are read
   */
  PruneSimulationEndpoints(Clock clock) {
    this.clock = clock;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/mesh/prune-simulation",
        new Endpoint(
            Doc.of(
                "Tells which snapshots retention rules keep how long.",
                SHAPE,
                "every snapshot's life, how many there are, and how much they take"),
            ParamSchema.of(
                Stream.concat(
                        Stream.of(SCHEDULE, PRUNE_SCHEDULE, HOLD, SIZE, CHANGE, DAYS, END),
                        PruneEndpoints.KEEP.stream())
                    .toArray(Param[]::new)),
            Rule.ANYBODY,
            this::simulate));
  }

  private ApiResult simulate(ApiCall call) {
    Params params = call.params();
    long end = params.integer(END.name(), clock.instant().getEpochSecond());
    long days = params.integer(DAYS.name(), DAYS_DEFAULT);
    PruneSimulation.Plan plan =
        new PruneSimulation.Plan(
            CalendarEvent.parse(params.text(SCHEDULE.name())),
            params.optionalText(PRUNE_SCHEDULE.name()).map(CalendarEvent::parse),
            PruneEndpoints.rules(params),
            volume(params),
            params
                .optionalText(HOLD.name())
                .map(TimeSpan::parse)
                .map(TimeSpan::duration)
                .orElse(Duration.ZERO),
            clock.getZone(),
            end - Duration.ofDays(days).toSeconds(),
            end);
    return ApiResult.of(PruneSimulationJson.of(PruneSimulation.run(plan)));
  }

  private static Optional<BackupVolume> volume(Params params) {
    Optional<ByteCount> size = params.optionalText(SIZE.name()).map(ByteCount::parse);
    Optional<ByteCount> change = params.optionalText(CHANGE.name()).map(ByteCount::parse);
    return BackupVolume.of(size, change);
  }
}
