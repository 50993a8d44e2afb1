import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import {
  type Admission,
  admit,
  admitAtOnce,
  admitNext,
  enqueue,
  fateOfProbe,
  isLimited,
  mayWait,
  moveTurn,
  needsSlot,
} from '../../core/admission.ts';
import { unpark, withoutProbe } from '../../core/breaker.ts';
import { Env } from '../../core/contract.ts';
import { nextTag, placeOf } from '../../core/fair-queue.ts';
import type { Job, JobChange, JobState } from '../../core/job.ts';
import { reserveTurn, turnOf } from '../../core/pace.ts';
import { secondsBetween } from '../../core/poll-plan.ts';
import type { ProviderControl } from '../../core/provider-control.ts';
import { fairKey, QueueItem, queuePartition, SlotItem, slotPartition } from './admission-items.ts';
import { now } from './clock.ts';
import { environment } from './environment.ts';
import { findJob, pause, StaleJob, saveJob, saveTogether, table, type Write } from './job-store.ts';
import { logger } from './logger.ts';
import { changeControl, controlWrite, loadControl } from './provider-control.ts';
import { providerSettings } from './settings.ts';
import type { StepAnswer } from './step-handler.ts';
import { sendWord } from './waiting-workflow.ts';

/** The job's provider. One without a provider never comes this far. */
const providerOf = ({ provider = '' }: JobState): string => provider;

/** What else may become of a job than to wait for a provider that is parked. Handed in: not all who admit need all it needs. */
export type IfParked = (job: Job, control: ProviderControl, now: string) => JobChange | undefined;

const TRIES = 5;

/**
 * What a job that is prepared does next: orders, waits for its time, or waits in the queue. Without limits nothing is read and
 * nothing is written for this.
 */
export const seekAdmission = async (job: Job, ifParked: IfParked): Promise<StepAnswer> => {
  const { state } = job;
  const provider = providerOf(state);
  const limits = providerSettings(provider);
  // An earlier run, or an earlier try of this step, got it.
  if (state.slot !== undefined) return whenItsTurnComes(state);
  if (state.status === 'queued') return { next: 'queue' };
  if (!isLimited(limits)) return { next: 'submit' };
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const [{ control, taken }, heads] = await Promise.all([
      look(provider, limits.maxInFlight),
      headsOf(provider, 1),
    ]);
    const moved = ifParked(job, control, now());
    if (moved) return seekAdmission(await saveJob(job, moved), ifParked);
    if (heads.length > 0) return { next: 'queue' };
    const situation = { control, taken, limits, now: now(), chance: Math.random() };
    const admission = admitAtOnce(situation, state.jobId);
    if (!admission) return { next: 'queue' };
    try {
      const admitted = await saveTogether(job, admit(state, admission, now()), [
        putSlot(job.state, admission),
        ...(admission.control === control ? [] : [controlWrite(provider, admission.control)]),
      ]);
      return whenItsTurnComes(admitted.state);
    } catch (error) {
      if (!(error instanceof StaleJob)) throw error;
      await pause(tries);
    }
  }
  return { next: 'queue' };
};

const whenItsTurnComes = ({ sendAt }: JobState): StepAnswer => {
  const turn = turnOf(sendAt, now());
  return turn.is === 'ahead' ? { next: 'turn', waitSeconds: turn.seconds } : { next: 'submit' };
};

/** A time of its own for an order that missed its first: 0 seconds from now where nobody has the present. */
export const takeAnotherTurn = async (
  job: Job,
): Promise<{ readonly job: Job; readonly waitSeconds: number }> => {
  const provider = providerOf(job.state);
  try {
    const turn = reserveTurn(await loadControl(provider), providerSettings(provider), now());
    const moved = await saveTogether(job, moveTurn(job.state, turn.sendAt, now()), [
      controlWrite(provider, turn.control),
    ]);
    return { job: moved, waitSeconds: Math.max(0, Math.ceil(secondsBetween(now(), turn.sendAt))) };
  } catch (error) {
    if (!(error instanceof StaleJob)) throw error;
    // Others take theirs at this moment.
    return { job, waitSeconds: 1 };
  }
};

/** Puts a job into the queue, with what its workflow waits with. Throws `StaleJob` when it does not wait any more. */
export const waitInLine = async (job: Job, token: string): Promise<void> => {
  const { state } = job;
  if (!mayWait(state)) throw new StaleJob('The job does not wait.');
  const provider = providerOf(state);
  const { jobId, owner, run } = state;
  if (state.slot !== undefined) {
    // Admitted at the moment when its workflow began to wait anew: the sweeper sends the word again.
    await update(
      { pk: slotPartition(provider), sk: state.slot },
      'SET #token = :token, run = :run',
      'jobId = :job',
      { ':token': token, ':run': run, ':job': jobId },
      { '#token': 'token' },
    );
    return;
  }
  const place = state.place ?? placeOf(await takeTag(provider, owner), jobId);
  await saveTogether(job, enqueue(state, place, now()), [
    {
      Put: {
        TableName: environment(Env.jobTable),
        Item: { pk: queuePartition(provider), sk: place, jobId, owner, run, token },
      },
    },
  ]);
};

/** A number of the owner's own; one that is not used in the end does no harm. No owner waits for another here. */
const takeTag = async (provider: string, owner: string): Promise<number> => {
  const { clock } = await loadControl(provider);
  const key = fairKey(provider, owner);
  for (;;) {
    const isBehind = 'attribute_not_exists(tag) OR tag < :clock';
    const begun = await update(key, 'SET tag = :next', isBehind, {
      ':next': nextTag(clock, undefined),
      ':clock': clock,
    });
    const taken =
      begun ?? (await update(key, 'SET tag = tag + :one', 'tag >= :clock', { ':one': 1, ':clock': clock }));
    if (taken) return Number(taken.tag);
  }
};

/** Answers the item, or nothing where the condition did not hold. */
const update = async (
  Key: { pk: string; sk: string },
  expression: string,
  condition: string,
  values: Record<string, unknown>,
  names?: Record<string, string>,
): Promise<Record<string, unknown> | undefined> => {
  try {
    const { Attributes } = await table().send(
      new UpdateCommand({
        TableName: environment(Env.jobTable),
        Key,
        UpdateExpression: expression,
        ConditionExpression: condition,
        ExpressionAttributeValues: values,
        ...(names ? { ExpressionAttributeNames: names } : {}),
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
};

const PAGE = 10;

/**
 * Lets jobs of the queue go on, in their order, as far as there are slots and times. Any number of these may run at once: each
 * admission is one transaction, and the provider's control says whom it follows.
 */
export const admitJobs = async (provider: string): Promise<void> => {
  const limits = providerSettings(provider);
  for (let conflicts = 0; conflicts < TRIES; ) {
    const heads = await headsOf(provider, PAGE);
    if (heads.length === 0) return;
    const seen = await look(provider, limits.maxInFlight);
    let control = await afterProbe(provider, seen.control);
    const { taken } = seen;
    while (heads.length > 0) {
      const next = admitNext(
        { control, taken, limits, now: now(), chance: Math.random() },
        heads.map(({ jobId, sk }) => ({ jobId, place: sk })),
      );
      const [head] = next ? heads.splice(next.index, 1) : [];
      if (!next || !head) return;
      const job = await findJob(head.jobId);
      if (!job || !isWaiting(job.state, head)) {
        logger.info('no longer waiting', { jobId: head.jobId, run: head.run });
        await removeFrom(head, { '#token': 'token' }, '#token = :token', { ':token': head.token });
        continue;
      }
      try {
        await admitOne(job, head, next);
      } catch (error) {
        if (!(error instanceof StaleJob)) throw error;
        conflicts += 1;
        await pause(conflicts);
        break;
      }
      control = { ...next.control, revision: next.control.revision + 1 };
      taken.add(next.slot);
    }
  }
};

const isWaiting = (state: JobState, { run, sk }: QueueItem): boolean =>
  mayWait(state) && state.run === run && state.place === sk && state.slot === undefined;

const admitOne = async (job: Job, head: QueueItem, admission: Admission): Promise<void> => {
  const provider = providerOf(job.state);
  const { state } = await saveTogether(job, admit(job.state, admission, now()), [
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
    controlWrite(provider, admission.control),
  ]);
  logger.info('job admitted', { jobId: state.jobId, provider, slot: state.slot, sendAt: state.sendAt });
  await sendWord(state, head.token, now());
};

const putSlot = (state: JobState, { slot, sendAt }: Admission, token?: string): Write => ({
  Put: {
    TableName: environment(Env.jobTable),
    Item: {
      pk: slotPartition(providerOf(state)),
      sk: slot,
      jobId: state.jobId,
      run: state.run,
      since: sendAt,
      ...(token === undefined ? {} : { token }),
    },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

/** While one job tries a parked provider nobody else does. What became of it is seen here, should nobody have said so. */
const afterProbe = async (provider: string, control: ProviderControl): Promise<ProviderControl> => {
  const probe = control.breaker?.probe;
  if (!probe) return control;
  const job = await findJob(probe.jobId);
  const fate = fateOfProbe(job?.state, probe, now());
  if (fate === 'trying') return control;
  logger.info('the probe is over', { provider, jobId: probe.jobId, fate });
  return changeControl(provider, (current) => {
    if (current.breaker?.probe?.jobId !== probe.jobId) return current;
    return fate === 'taken' ? unpark(current) : withoutProbe(current);
  });
};

/** Slots whose job should be under way for so long by now are looked at. */
const LOOK_AFTER_SECONDS = 60;

/**
 * Heals what a crash or a lost message left: a slot without a job is freed, a workflow that did not get its word is told again, and
 * whoever may go on goes on. The sweeper's, each minute.
 */
export const sweepProvider = async (provider: string): Promise<void> => {
  for (const slot of await slotsOf(provider)) {
    if (secondsBetween(slot.since, now()) < LOOK_AFTER_SECONDS) continue;
    const job = await findJob(slot.jobId);
    if (!job || job.state.provider !== provider || !needsSlot(job.state, slot.sk)) {
      logger.warn('a slot that nobody holds', { provider, slot: slot.sk, jobId: slot.jobId });
      await removeFrom(slot, {}, 'jobId = :job AND since = :since', {
        ':job': slot.jobId,
        ':since': slot.since,
      });
    } else if (job.state.status === 'queued' && job.state.run === slot.run && slot.token !== undefined) {
      await sendWord(job.state, slot.token, now());
    }
  }
  await admitJobs(provider);
};

const removeFrom = async (
  { pk, sk }: { readonly pk: string; readonly sk: string },
  names: Record<string, string>,
  condition: string,
  values: Record<string, unknown>,
): Promise<void> => {
  try {
    await table().send(
      new DeleteCommand({
        TableName: environment(Env.jobTable),
        Key: { pk, sk },
        ConditionExpression: condition,
        ExpressionAttributeValues: values,
        ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
      }),
    );
  } catch (error) {
    // Somebody else was quicker.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
};

const look = async (
  provider: string,
  maxInFlight: number | undefined,
): Promise<{ control: ProviderControl; taken: Set<string> }> => {
  const [control, slots] = await Promise.all([
    loadControl(provider),
    maxInFlight === undefined ? [] : slotsOf(provider),
  ]);
  return { control, taken: new Set(slots.map(({ sk }) => sk)) };
};

const itemsOf = async (pk: string, limit?: number): Promise<Record<string, unknown>[]> => {
  const items: Record<string, unknown>[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await table().send(
      new QueryCommand({
        TableName: environment(Env.jobTable),
        // Never by an index: whoever reads late loses a wake-up.
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ...(limit === undefined ? {} : { Limit: limit }),
        ...(from ? { ExclusiveStartKey: from } : {}),
      }),
    );
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from && limit === undefined);
  return items;
};

const slotsOf = async (provider: string): Promise<SlotItem[]> =>
  (await itemsOf(slotPartition(provider))).map((item) => SlotItem.parse(item));

const headsOf = async (provider: string, limit: number): Promise<QueueItem[]> =>
  (await itemsOf(queuePartition(provider), limit)).map((item) => QueueItem.parse(item));

/** How many videos of a provider are in flight by its slots, and how many jobs wait: up to a thousand are counted. */
export const backlogOf = async (provider: string): Promise<{ inFlight: number; waiting: number }> => {
  const [slots, waiting] = await Promise.all([slotsOf(provider), itemsOf(queuePartition(provider), 1000)]);
  return { inFlight: slots.length, waiting: waiting.length };
};
