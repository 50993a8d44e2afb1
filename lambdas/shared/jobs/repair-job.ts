import type { Job } from '../../../core/jobs/job.ts';
import { decideRepair, isEarlyRepairAllowed, isRepairable } from '../../../core/jobs/repair.ts';
import { fateOfRun, restartJob, startRun } from '../messaging/executions.ts';
import { now } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import { postpone } from '../table/due-items.ts';
import { StaleJob } from '../table/job-errors.ts';
import { stateKey } from '../table/keys.ts';
import { findJob } from '../table/load-job.ts';

/** Starts an execution for an open job that should have gone on by now. */
export const repairDueJob = async (jobId: string): Promise<void> => {
  const job = await findJob(jobId);
  // The index may lag behind the job.
  if (!job?.state.dueAt || job.state.dueAt > now()) return;
  await repair(job);
};

/** The same for a job whose execution just ended badly, without waiting until it is due. */
export const repairStoppedRun = async (jobId: string, run: number): Promise<void> => {
  const job = await findJob(jobId);
  if (!job) {
    logger.error('an execution has no job', { jobId, run });
    return;
  }
  if (job.state.run !== run || !isRepairable(job.state)) return;
  if (!isEarlyRepairAllowed(job.state, now())) {
    logger.info('left to the sweeper', { jobId, repairs: job.state.repairs });
    return;
  }
  await repair(job);
};

const repair = async (job: Job): Promise<void> => {
  const { state } = job;
  if (!isRepairable(state)) return;
  const decision = decideRepair(state, await fateOfRun(state), now());
  switch (decision.do) {
    case 'nothing':
      return;
    case 'look-later':
      return later(job, decision.dueAt);
    case 'start':
      logger.warn('job was never started', { jobId: state.jobId, run: state.run });
      await startRun(state);
      return later(job, decision.dueAt);
    case 'restart':
      logger.warn('execution had stopped', { jobId: state.jobId, run: state.run });
      try {
        await restartJob(job, decision.change);
      } catch (error) {
        // Another function changed the job meanwhile: nothing to repair.
        if (!(error instanceof StaleJob)) throw error;
      }
  }
};

const later = async ({ state }: Job, dueAt: string): Promise<void> => {
  if (state.dueAt) await postpone({ ...stateKey(state.jobId), dueAt: state.dueAt }, dueAt);
};
