package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.job.JobStatus;

/** How a job stands, in its entry of a list (spec/rest-api.md §3.4, JobScheduleStatus). */
final class JobRuns {
  /** What {@link #add} adds. */
  static final Shape.Fields SHAPE =
      Shape.object(
          Field.integer("next-run").orNone().meaning("seconds since 1970"),
          Field.text("last-run-upid").orNone().meaning("the task, which may still run"),
          Field.text("last-run-state").orNone(),
          Field.integer("last-run-endtime").orNone().meaning("seconds since 1970"));

  private JobRuns() {}

  static void add(ObjectNode json, JobStatus status) {
    status.nextRun().ifPresent(next -> json.put("next-run", next));
    if (status.lastRun() != null) {
      json.put("last-run-upid", status.lastRun().toString());
    }
    if (status.lastStatus() != null) {
      json.put("last-run-state", status.lastStatus().text());
    }
    status.lastEnd().ifPresent(end -> json.put("last-run-endtime", end));
  }
}
