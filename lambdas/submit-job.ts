import { cancelBeforeSubmit } from '../core/jobs/cancel.ts';
import type { Job, JobChange } from '../core/jobs/job.ts';
import { timesOf } from '../core/jobs/poll-schedule.ts';
import { decideSubmit, newAttempt, type SubmitAttempt } from '../core/jobs/submit-ledger.ts';
import { afterRefusal } from '../core/jobs/submit-refusal.ts';
import {
  beginAttempt,
  queueAgain,
  recordAttemptAnswered,
  recordTask,
  recordUnknownSubmit,
} from '../core/jobs/transitions.ts';
import type { StepAnswer } from '../core/kernel/contract.ts';
import { ProviderError } from '../core/kernel/errors.ts';
import type { ProviderTask } from '../core/providers/provider.ts';
import { gateOf } from '../core/queue/admission.ts';
import { stepHandler } from './shared/jobs/step-handler.ts';
import { loggable, logger } from './shared/platform/logger.ts';
import { providerSettings } from './shared/platform/settings.ts';
import { hasNewKey, sendingProviderFor } from './shared/providers/provider-client.ts';
import { videoRequest } from './shared/providers/video-request.ts';
import { reschedule } from './shared/queue/admit-or-enqueue.ts';
import { failOver, failOverFromOpenCircuit } from './shared/queue/failover.ts';
import { recordAccepted, recordRejection } from './shared/queue/record-outcome.ts';
import { loadAttempt } from './shared/table/attempt-items.ts';
import { saveAnswer, saveAttempt, saveJob } from './shared/table/job-store.ts';
import { loadSubmitPreconditions, type SubmitPreconditions } from './shared/table/submit-preconditions.ts';

/** Another invocation may still wait for the provider's answer; the workflow reads the ledger again after the lease. */
class SubmitUnderWay extends Error {
  override readonly name = 'SubmitUnderWay';
}

/** Submits the job: intent, one POST, answer. The ledger decides whether a POST may be made at all. */
export const handler = stepHandler(async (job, { now }) => {
  const attempt = await loadAttempt(job);
  const decision = decideSubmit(job.state, attempt, now());
  switch (decision.do) {
    case 'skip':
      return { next: 'wait' };
    case 'cancel':
      await saveJob(job, cancelBeforeSubmit(job.state, now()));
      return { next: 'wait' };
    case 'look-again':
      throw new SubmitUnderWay(
        `Attempt ${job.state.attempt} may still be answered until ${attempt?.leaseUntil}.`,
      );
    case 'record-task':
      return firstWait(await saveJob(job, recordTask(job.state, decision.task, settingsOf(job), now())));
    case 'record-unknown':
      await saveJob(job, recordUnknownSubmit(job.state, decision.reason, now()));
      return { next: 'wait' };
    case 'post':
      return submitIfAllowed(job, now);
  }
});

const settingsOf = ({ state }: Job) => providerSettings(state.provider);

/** A job that was cancelled during the submit waits 0 s: CheckJob cancels the task at the provider. */
const firstWait = (job: Job): StepAnswer => ({
  next: 'wait',
  waitSeconds: job.state.cancelRequest ? 0 : timesOf(settingsOf(job), job.state.expected).firstWaitSeconds,
});

/**
 * What an answer without a task means for the job as it is now. Where the job went on meanwhile (a person redrove it, an earlier
 * answer came after all), only the ledger records it.
 */
const ofAttempt =
  (attempt: SubmitAttempt, apply: (state: Job['state']) => JobChange, now: () => string) =>
  ({ state }: Job): JobChange =>
    state.attempt === attempt.attempt && state.status === 'submitting'
      ? apply(state)
      : recordAttemptAnswered(state, now());

/** A pause, an open circuit or a limit may have come since this job was admitted. A job that waits here has cost nothing. */
const submitIfAllowed = async (job: Job, now: () => string): Promise<StepAnswer> => {
  const preconditions = await loadSubmitPreconditions(job);
  const gate = gateOf(job.state, preconditions.providerState, settingsOf(job), now());
  switch (gate.is) {
    case 'open':
      return submit(job, preconditions, now);
    case 'closed':
      await saveJob(
        job,
        failOverFromOpenCircuit(job, preconditions.providerState, now()) ?? queueAgain(job.state, now()),
      );
      return { next: 'wait' };
    case 'ahead':
      return { next: 'wait', waitSeconds: gate.seconds };
    case 'missed': {
      const turn = await reschedule(job);
      // Now, or later: then CheckJob leads back to this step.
      return turn.waitSeconds === 0
        ? submit(turn.job, preconditions, now)
        : { next: 'wait', waitSeconds: turn.waitSeconds };
    }
  }
};

const submit = async (
  job: Job,
  { providerState, expected }: SubmitPreconditions,
  now: () => string,
  isKeyFresh = false,
): Promise<StepAnswer> => {
  const { provider, wasSent } = sendingProviderFor(job.state.provider);
  const request = videoRequest(job);
  const begun = beginAttempt(job.state, now(), expected);
  const attempt = newAttempt(begun.state.attempt, job.request.requestHash, now());
  const submitting = await saveAttempt(job, begun, attempt);
  let task: ProviderTask;
  try {
    task = await provider.submit(request);
  } catch (error) {
    if (error instanceof ProviderError && error.charged === 'no')
      return recordRefused(submitting, attempt, error, { providerState, expected }, now, isKeyFresh);
    return recordUnanswered(submitting, attempt, error, wasSent(), now);
  }
  // Logged as well: if the table cannot be written now, a person finds the paid video by this line.
  logger.info('task accepted', { provider: job.state.provider, taskId: task.id, attempt: attempt.attempt });
  const answer = { answeredAt: now(), outcome: 'accepted', task } as const;
  const running = await saveAnswer(
    job.state.jobId,
    attempt,
    answer,
    ({ state }) => recordTask(state, task, settingsOf(job), now()),
    job.state.provider,
  );
  await recordAccepted(job.state, providerState);
  return firstWait(running);
};

/** Refused for certain: nothing is spent, so another attempt is allowed. A key that was rotated meanwhile is tried at once. */
const recordRefused = async (
  job: Job,
  attempt: SubmitAttempt,
  error: ProviderError,
  preconditions: SubmitPreconditions,
  now: () => string,
  isKeyFresh: boolean,
): Promise<StepAnswer> => {
  logger.warn('submit refused', { error });
  const { jobId, provider } = job.state;
  const answer = { answeredAt: now(), outcome: 'refused', reason: describe(error) } as const;
  // Not under a rate limit: the second submit would have no send slot of its own.
  const mayTryAtOnce = !isKeyFresh && settingsOf(job).submitsPerMinute === undefined;
  const isKeyNew = error.name === 'ProviderUnauthorized' && mayTryAtOnce && (await isKeyReplaced(provider));
  const isFirst = isKeyNew ? false : await recordRejection(job.state, error, now());
  const refused = (state: Job['state']): JobChange => {
    if (isKeyNew && !state.cancelRequest) return recordAttemptAnswered(state, now());
    const moved = failOver({ state, request: job.request }, error, now());
    if (moved) return moved;
    return afterRefusal(state, error, settingsOf(job), now(), isFirst);
  };
  const answered = await saveAnswer(jobId, attempt, answer, ofAttempt(attempt, refused, now));
  // The job is still this run's, so tried at once; another run decides for itself.
  if (isKeyNew && isOurs(answered, attempt, job.state.run)) return submit(answered, preconditions, now, true);
  return { next: 'wait' };
};

/** An error of the secret must not keep the refusal itself from being recorded. */
const isKeyReplaced = async (provider: string | undefined): Promise<boolean> => {
  try {
    return await hasNewKey(provider);
  } catch (error) {
    logger.warn('the key could not be read again', { error: loggable(error) });
    return false;
  }
};

const isOurs = ({ state }: Job, attempt: SubmitAttempt, run: number): boolean =>
  state.run === run && state.attempt === attempt.attempt && state.status === 'submitting';

const recordUnanswered = async (
  job: Job,
  attempt: SubmitAttempt,
  error: unknown,
  wasSent: boolean,
  now: () => string,
): Promise<StepAnswer> => {
  logger.warn('submit not answered', { error: loggable(error), wasSent });
  const { jobId } = job.state;
  const reason = describe(error);
  if (wasSent) {
    const unknown = (state: Job['state']) => recordUnknownSubmit(state, 'SUBMIT_UNANSWERED', now());
    await saveAnswer(
      jobId,
      attempt,
      { answeredAt: now(), outcome: 'unknown', reason },
      ofAttempt(attempt, unknown, now),
    );
    return { next: 'wait' };
  }
  // An error of our own before anything was sent (a role, a bucket): free, so the workflow's Retry tries again.
  await saveAnswer(jobId, attempt, { answeredAt: now(), outcome: 'refused', reason }, ({ state }) =>
    recordAttemptAnswered(state, now()),
  );
  throw error;
};

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
