import { setTimeout as sleep } from 'node:timers/promises';
import { isCancelDue, recordCancelAnswer } from '../core/jobs/cancel.ts';
import { isEnded, type Job } from '../core/jobs/job.ts';
import { type Decision, decideOnError, decideOnStatus } from '../core/jobs/status-decision.ts';
import { UNKNOWN_WORD_LOGGED } from '../core/kernel/contract.ts';
import { ProviderError } from '../core/kernel/errors.ts';
import { secondsBetween } from '../core/kernel/time.ts';
import type { VideoProvider } from '../core/providers/provider.ts';
import { stepHandler } from './shared/jobs/step-handler.ts';
import { logger } from './shared/platform/logger.ts';
import { providerSettings } from './shared/platform/settings.ts';
import { providerFor } from './shared/providers/provider-client.ts';
import { saveJob } from './shared/table/job-store.ts';
import { learnLatency } from './shared/table/latency-store.ts';

/** Polls the provider and decides. A poll that failed never fails a job. */
export const handler = stepHandler(async (job, { now }) => {
  if (isEnded(job.state) || job.state.status === 'submit-unknown') return { next: 'end' };
  // Not submitted yet: the job must be enqueued (again), or its send slot has not come.
  if (!job.state.task)
    return { next: job.state.status === 'queued' && job.state.slot === undefined ? 'queue' : 'submit' };
  const decision = await pollWhileNear(job, job.state.task, now);
  await saveJob(job, decision.change);
  const { submittedAt, readyAt } = decision.change?.state ?? {};
  if (submittedAt && readyAt && !job.state.readyAt)
    await learnLatency(job, secondsBetween(submittedAt, readyAt));
  return decision;
});

const POLL_AGAIN_EVERY_SECONDS = 3;

/** When the video is near, polls every few seconds: a round of the workflow costs more than this function's time. */
const pollWhileNear = async (
  job: Job,
  task: NonNullable<Job['state']['task']>,
  now: () => string,
): Promise<Decision> => {
  const began = now();
  const { askAgainSeconds } = providerSettings(job.state.provider);
  for (;;) {
    const decision = await poll(job, task, now);
    const isTimeLeft = secondsBetween(began, now()) + POLL_AGAIN_EVERY_SECONDS <= askAgainSeconds;
    if (!decision.isNear || !isTimeLeft) return decision;
    await sleep(POLL_AGAIN_EVERY_SECONDS * 1000);
  }
};

const poll = async (
  { state }: Job,
  task: NonNullable<Job['state']['task']>,
  now: () => string,
): Promise<Decision> => {
  const settings = providerSettings(state.provider);
  const provider = providerFor(state.provider);
  try {
    const status = await provider.check(task);
    if (status.state === 'unknown')
      logger.warn(UNKNOWN_WORD_LOGGED, { word: status.word, provider: state.provider });
    if (isCancelDue(state, status) && provider.cancel) return await cancelTask(state, task, provider, now);
    return decideOnStatus(state, status, settings, now());
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    logger.warn('the poll failed', { error });
    return decideOnError(state, error, settings, now());
  }
};

// Time until the provider's answers show whether it stopped the task.
const AFTER_CANCEL_SECONDS = 5;

/** Cancels the task at the provider. A refusal is recorded, and the video stored if it comes; any other error is retried. */
const cancelTask = async (
  state: Job['state'],
  task: NonNullable<Job['state']['task']>,
  provider: VideoProvider,
  now: () => string,
): Promise<Decision> => {
  const answer = await provider.cancel?.(task).then(
    () => 'asked' as const,
    (error: unknown) => {
      // A cancel may always be repeated; only the provider's own refusal is final.
      if (!(error instanceof ProviderError) || error.name !== 'ProviderRejected') throw error;
      logger.warn('the provider refused to cancel', { error });
      return 'refused' as const;
    },
  );
  if (answer === 'asked') logger.info('cancelled at the provider', { taskId: task.id });
  return {
    change: recordCancelAnswer(state, answer ?? 'refused', now()),
    next: 'wait',
    waitSeconds: AFTER_CANCEL_SECONDS,
  };
};
