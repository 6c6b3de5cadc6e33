package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.job.JobStatus;

/** How a job stands, in its entry of a list (spec/rest-api.md §3.4, JobScheduleStatus). */
final class JobRuns {
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
