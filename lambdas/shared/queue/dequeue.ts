import type { Job } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import {
  type Admission,
  admit,
  admitNext,
  isWaitingAt,
  outcomeOfProbe,
} from '../../../core/queue/admission.ts';
import { clearProbe, closeCircuit } from '../../../core/queue/circuit-breaker.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { resumeExecution } from '../messaging/task-token.ts';
import { now } from '../platform/clock.ts';
import { environment } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { providerSettings } from '../platform/settings.ts';
import { isStaleJob } from '../table/job-errors.ts';
import { saveWithWrites } from '../table/job-store.ts';
import { findJob } from '../table/load-job.ts';
import { providerStateWrite, updateProviderState } from '../table/provider-state.ts';
import { providerOf, putSlot, type QueueItem } from '../table/queue-items.ts';
import { loadQueueState, peekQueue, removeItem } from '../table/queue-store.ts';
import { retryOnConflict } from '../table/retry-on-conflict.ts';

// Other functions dequeue at the same moment, or change the jobs. After so many conflicts the sweeper continues, within a minute.
const TRIES = 5;
const PAGE = 10;

/**
 * Admits jobs of the queue in their order, as far as there are slots and send slots. Any number of these may run at once: each
 * admission is one transaction, and the state of the provider says which one it follows.
 */
export const dequeueJobs = async (provider: string): Promise<void> => {
  try {
    await retryOnConflict(() => admitInOrder(provider), { tries: TRIES, isConflict: isStaleJob });
  } catch (error) {
    if (!isStaleJob(error)) throw error;
  }
};

/** Throws `StaleJob` at the first conflict: then the queue is to be read again. */
const admitInOrder = async (provider: string): Promise<void> => {
  for (;;) {
    const heads = await peekQueue(provider, PAGE);
    if (heads.length === 0) return;
    const { providerState, taken } = await loadQueueState(provider, providerSettings(provider).maxInFlight);
    const mayMoreGo = await admitHeads(provider, heads, {
      providerState: await afterProbe(provider, providerState),
      taken,
    });
    if (!mayMoreGo) return;
  }
};

/** Answers false when no further job may go now. */
const admitHeads = async (
  provider: string,
  waiting: readonly QueueItem[],
  seen: { readonly providerState: ProviderState; readonly taken: Set<string> },
): Promise<boolean> => {
  const limits = providerSettings(provider);
  const heads = [...waiting];
  const { taken } = seen;
  let { providerState } = seen;
  while (heads.length > 0) {
    const next = admitNext(
      { providerState, taken, limits, now: now(), chance: Math.random() },
      heads.map(({ jobId, sk }) => ({ jobId, queueKey: sk })),
    );
    const [head] = next ? heads.splice(next.index, 1) : [];
    if (!next || !head) return false;
    const job = await findJob(head.jobId);
    if (!job || !isWaitingAt(job.state, head)) {
      logger.info('no longer waiting', { jobId: head.jobId, run: head.run });
      await removeItem(head, { '#token': 'token' }, '#token = :token', { ':token': head.token });
      continue;
    }
    await admitOne(job, head, next);
    providerState = { ...next.providerState, revision: next.providerState.revision + 1 };
    taken.add(next.slot);
  }
  return true;
};

const admitOne = async (job: Job, head: QueueItem, admission: Admission): Promise<void> => {
  const provider = providerOf(job.state);
  const { state } = await saveWithWrites(job, admit(job.state, admission, now()), [
    {
      Delete: {
        TableName: environment(Env.jobTable),
        Key: { pk: head.pk, sk: head.sk },
        ConditionExpression: '#token = :token',
        ExpressionAttributeNames: { '#token': 'token' },
        ExpressionAttributeValues: { ':token': head.token },
      },
    },
    putSlot(job.state, admission, head.token),
    providerStateWrite(provider, admission.providerState),
  ]);
  logger.info('job admitted', { jobId: state.jobId, provider, slot: state.slot, sendAt: state.sendAt });
  await resumeExecution(state, head.token, now());
};

/** Only one half-open probe is under way at a time. Where its outcome was not recorded, it is read from the probe's job. */
const afterProbe = async (provider: string, providerState: ProviderState): Promise<ProviderState> => {
  const probe = providerState.breaker?.probe;
  if (!probe) return providerState;
  const job = await findJob(probe.jobId);
  const outcome = outcomeOfProbe(job?.state, probe, now());
  if (outcome === 'trying') return providerState;
  logger.info('the probe is over', { provider, jobId: probe.jobId, outcome });
  return updateProviderState(provider, (current) => {
    if (current.breaker?.probe?.jobId !== probe.jobId) return current;
    return outcome === 'taken' ? closeCircuit(current) : clearProbe(current);
  });
};
