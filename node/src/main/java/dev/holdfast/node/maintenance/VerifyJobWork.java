package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.verify.VerifyRules;
import dev.holdfast.node.job.VerifyJobConfig;
import dev.holdfast.node.job.VerifyJobs;
import dev.holdfast.node.task.WorkerTask;

/** What a verify job does: it verifies what it is for, as whoever started it. */
public record VerifyJobWork(Verifying verifying) implements VerifyJobs.Work {
  @Override
  public void verify(WorkerTask task, VerifyJobConfig job) {
    VerifyRules rules = new VerifyRules(job.ignoreVerified(), job.outdatedAfterDays());
    Verifying.Order order =
        new Verifying.Order(
            job.store(), job.namespace(), null, null, job.maxDepth(), rules, job.verifyThreads());
    verifying.run(task, order, task.upid().owner());
  }
}
