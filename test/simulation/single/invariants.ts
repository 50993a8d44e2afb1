import { createHash } from 'node:crypto';
import type { JobState } from '../../../core/jobs/job.ts';
import { manifestKey } from '../../../core/kernel/ids.ts';
import { isPublicAddress } from '../../../core/providers/address-policy.ts';
import type { Ending } from '../faults/provider-faults.ts';
import { film } from '../world/film.ts';
import { buckets } from '../world/names.ts';
import type { RunOutcome } from './outcome.ts';

/** What became of a job, and what is wrong with that. */
export interface CheckResult {
  readonly ending: Ending;
  readonly violations: readonly string[];
}

export const checkInvariants = (outcome: RunOutcome): CheckResult => {
  const [state, ...others] = outcome.states;
  const ending = state ? endingOf(state, outcome) : endingWithoutRecord(outcome);
  const violations = [
    ...(outcome.accepted > 0 && outcome.deadUploads === 0 && !state ? ['the upload has no record'] : []),
    ...(others.length > 0 ? [`one upload became ${1 + others.length} jobs`] : []),
    ...chargeViolations(outcome, state),
    ...endingViolations(outcome, ending, state),
    ...needlessAttention(outcome),
    ...oldRunViolations(outcome),
    ...videoViolations(outcome, state),
    ...timelineViolations(outcome, state),
    ...secretViolations(outcome),
    ...executionViolations(outcome),
  ];
  return { ending, violations };
};

const endingWithoutRecord = ({ deadUploads, accepted }: RunOutcome): Ending => {
  if (deadUploads > 0) return 'open, a person told';
  return accepted > 0 ? 'stuck' : 'not accepted';
};

const endingOf = (state: JobState, outcome: RunOutcome): Ending => {
  const { executions } = outcome;
  switch (state.status) {
    case 'succeeded':
      return 'stored';
    case 'failed':
      return state.failure?.charged === 'no' ? 'failed free' : 'failed, a person told';
    case 'cancelled':
      return 'cancelled';
    case 'submit-unknown':
      return 'submit unknown';
    case 'queued':
      if (!isAttendedTo(state, outcome)) return 'stuck';
      return state.attention ? 'open, a person told' : 'waits';
    default:
      if (executions.some(({ status }) => status === 'RUNNING')) return 'stuck';
      return state.attention ? 'open, a person told' : 'stuck';
  }
};

/**
 * It stands in the queue with a token that somebody waits with, or has a slot and a time; or its workflow stopped so often that a
 * person was told, and it is due to be started again.
 */
const isAttendedTo = (state: JobState, { items, openTokens }: RunOutcome): boolean =>
  state.slot !== undefined ||
  (state.attention?.reason === 'WORKFLOW_STOPPED' && state.dueAt !== undefined) ||
  items.some(
    ({ pk, sk, token }) =>
      String(pk).startsWith('QUEUE#') && sk === state.queueKey && openTokens.has(String(token)),
  );

/** At most one charge, and none before its intent; nobody is told of no charge where there is one. */
const chargeViolations = (
  { provider, confirmations, postsWithoutIntent, endedAtMs }: RunOutcome,
  state: JobState | undefined,
): string[] => {
  const violations: string[] = [];
  const orders = provider.tasks.length;
  const charged = provider.chargedNow(endedAtMs);
  if (orders > 1 + confirmations) violations.push(`charged ${orders} times, ${confirmations} confirmed`);
  if (postsWithoutIntent > 0) violations.push('a POST without an intent before it');
  if (charged > 0 && state?.failure?.charged === 'no') violations.push('called free, but charged');
  if (orders === 0 && state?.failure?.charged === 'yes')
    violations.push('called charged, but nothing was ordered');
  if (orders === 0 && state?.task) violations.push('has a task that nobody took');
  if (charged > 0 && state && state.status !== 'succeeded' && !state.attention)
    violations.push(`charged and ${state.status}, and no person is told`);
  return violations;
};

/** A job ends as its trouble lets it; an accident may only make unknown whether an order arrived. */
const endingViolations = (
  { scenario, injected, provider }: RunOutcome,
  ending: Ending,
  state: JobState | undefined,
): string[] => {
  // Whether it may be unknown is looked at below.
  const allowed = new Set<Ending>([...scenario.providerFault.ends, 'submit unknown']);
  // Accident upon accident can use up every retry; then a person is told, or nothing was ordered.
  if (injected.length > 1) {
    allowed.add('open, a person told');
    allowed.add('not accepted');
    if (provider.tasks.length === 0) allowed.add('failed free');
  }
  // What a person wants depends on when they want it; only that it is not forgotten is certain.
  if (scenario.finalAction !== 'nothing' || injected.some(({ kind }) => kind === 'cancelled'))
    for (const each of ENDINGS_OF_ACTIONS) allowed.add(each);
  // A person was told when the provider was parked, and began this job again all the same.
  if (scenario.finalAction.startsWith('redrive') && allowed.has('open, a person told')) allowed.add('waits');
  if (allowed.has(ending)) return [];
  const { status = 'no record', failure, attention } = state ?? {};
  return [
    `ended as "${ending}" (${status}, ${failure?.code ?? 'no failure'}, ${attention?.reason ?? 'no attention'})`,
  ];
};

const ENDINGS_OF_ACTIONS: readonly Ending[] = [
  'stored',
  'failed free',
  'failed, a person told',
  'cancelled',
  'open, a person told',
];

/** A person is asked whether an order arrived only when nobody else can know. */
const needlessAttention = ({ scenario, injected, items }: RunOutcome): string[] => {
  const isAsked = items.some(
    ({ sk, status }) => String(sk).startsWith('EVENT#') && status === 'submit-unknown',
  );
  const duringOrder = injected.filter(({ call }) => call.functionName === 'submit-job');
  const isUnknown =
    scenario.providerFault.ends.includes('submit unknown') ||
    duringOrder.some(hidesASubmit) ||
    duringOrder.length >= MANY;
  return isAsked && !isUnknown ? ['a person is asked whether the order arrived, and it was known'] : [];
};

/** Accidents in one step that can use up its tries. */
const MANY = 3;

const hidesASubmit = ({ kind, call }: RunOutcome['injected'][number]): boolean => {
  switch (kind) {
    case 'dies-before':
    case 'dies-after':
      return true;
    case 'fails-before':
      return call.what.startsWith('answer');
    case 'fails-after':
      // The intent is there, and whoever wrote it does not know that.
      return call.what.startsWith('answer') || call.what === 'TransactWrite';
    default:
      return false;
  }
};

/** A step of an older run looks at the record, and ends. */
export const oldRunViolations = ({ calls }: RunOutcome): string[] =>
  calls
    .filter(({ isOfOldRun, what }) => isOfOldRun && what !== 'Query' && what !== 'Get')
    .slice(0, 1)
    .map(({ functionName, what }) => `${functionName} of an older run went on to ${what}`);

/** Under a final key there is a whole video or nothing. */
export const videoViolations = ({ objects }: RunOutcome, state: JobState | undefined): string[] => {
  const violations = objects.all
    .filter(({ bucket, key }) => bucket === buckets.videos && key.endsWith('.mp4'))
    .filter(({ bytes }) => sha256(bytes) !== film.sha256)
    .map(({ key, bytes }) => `${bytes.length} bytes that are not the video under ${key}`);
  if (state?.status !== 'succeeded') return violations;
  const { video } = state;
  const stored = video && objects.find(video.bucket, video.key, video.versionId);
  if (!stored) return [...violations, 'succeeded without a video'];
  if (video.sha256 !== sha256(stored.bytes))
    violations.push('the record names another sum than the video has');
  if (stored.metadata['job-id'] !== state.jobId) violations.push('the video does not name its job');
  const manifest = objects.find(video.bucket, manifestKey(state.outputKey));
  if (!manifest?.bytes.toString().includes(video.sha256))
    violations.push('the manifest does not name the video');
  return violations;
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Every event of the job's timeline was published as it stands there, and nothing else was. */
export const timelineViolations = (
  { items, published, dead }: RunOutcome,
  state: JobState | undefined,
): string[] => {
  if (!state) return [];
  const { jobId, sequence } = state;
  const violations = dead.map((what) => `given up: ${what.slice(0, 600)}`);
  const events = items.filter(({ pk, sk }) => pk === `J#${jobId}` && String(sk).startsWith('EVENT#'));
  const ids = events.map(({ eventId }) => String(eventId)).sort(byNumber);
  if (ids.join() !== Array.from({ length: sequence }, (_, index) => `${jobId}:${index + 1}`).join())
    violations.push(`events ${ids.join()} in the timeline, the record counts ${sequence}`);
  const details = published.map(({ Detail }) => eventIdIn(Detail)).filter((id) => id.startsWith(`${jobId}:`));
  for (const id of ids.filter((each) => !details.includes(each)))
    violations.push(`event ${id} was not published`);
  for (const id of details.filter((each) => !ids.includes(each)))
    violations.push(`event ${id} did not happen`);
  return violations;
};

const byNumber = (one: string, other: string): number =>
  Number(one.split(':')[1]) - Number(other.split(':')[1]);

const eventIdIn = (detail: string): string => {
  const event: unknown = JSON.parse(detail);
  return typeof event === 'object' && event !== null && 'eventId' in event
    ? String(event.eventId)
    : 'without an id';
};

/** No secret stands anywhere, went to a stranger, or was fetched from inside. */
export const secretViolations = ({ traces, secrets, provider }: RunOutcome): string[] => {
  const violations: string[] = provider.leaks.map((origin) => `the key was sent to ${origin}`);
  for (const { origin, address } of provider.connections)
    if (!isPublicAddress(address)) violations.push(`connected to ${origin} at ${address}`);
  for (const secret of secrets) {
    const trace = traces.find((each) => each.includes(secret));
    if (trace !== undefined) {
      const position = trace.indexOf(secret);
      violations.push(`a secret is written: …${trace.slice(Math.max(0, position - 160), position + 60)}…`);
    }
  }
  return violations;
};

/** A failed execution is a bug: whatever goes wrong with a job, its workflow ends well. */
export const executionViolations = ({ executions, injected }: RunOutcome): string[] =>
  // Only many accidents in a row use up the tries of FinishJob.
  executions.flatMap(({ name, status, error }) =>
    status === 'FAILED' && injected.length < 3 ? [`execution ${name.slice(-2)} failed: ${error}`] : [],
  );
