import { createHash } from 'node:crypto';
import type { JobState } from '../../../core/jobs/job.ts';
import { manifestKey } from '../../../core/kernel/ids.ts';
import { isPublicAddress } from '../../../core/providers/address-policy.ts';
import type { Ending } from '../faults/provider-fault.ts';
import { film } from '../world/film.ts';
import { buckets } from '../world/names.ts';
import type { RunOutcome } from './outcome.ts';

/** How a job ended, and the promises that it broke. */
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
  if (deadUploads > 0) return 'open, operator notified';
  return accepted > 0 ? 'stuck' : 'not accepted';
};

const endingOf = (state: JobState, outcome: RunOutcome): Ending => {
  const { executions } = outcome;
  switch (state.status) {
    case 'succeeded':
      return 'stored';
    case 'failed':
      return state.failure?.charged === 'no' ? 'failed free' : 'failed, operator notified';
    case 'cancelled':
      return 'cancelled';
    case 'submit-unknown':
      return 'submit unknown';
    case 'queued':
      if (!isAttendedTo(state, outcome)) return 'stuck';
      return state.attention ? 'open, operator notified' : 'waits';
    default:
      if (executions.some(({ status }) => status === 'RUNNING')) return 'stuck';
      return state.attention ? 'open, operator notified' : 'stuck';
  }
};

/**
 * The job is in the queue with a token on which an execution waits, or it has a slot; or its workflow stopped so often that
 * an operator was notified, and the sweeper will start it again.
 */
const isAttendedTo = (state: JobState, { items, openTokens }: RunOutcome): boolean =>
  state.slot !== undefined ||
  (state.attention?.reason === 'WORKFLOW_STOPPED' && state.dueAt !== undefined) ||
  items.some(
    ({ pk, sk, token }) =>
      String(pk).startsWith('QUEUE#') && sk === state.queueKey && openTokens.has(String(token)),
  );

/** At most one charge, and none before its intent. A charged job is never reported as free. */
const chargeViolations = (
  { provider, confirmations, postsWithoutIntent, endedAtMs }: RunOutcome,
  state: JobState | undefined,
): string[] => {
  const violations: string[] = [];
  const submits = provider.tasks.length;
  const charged = provider.chargedNow(endedAtMs);
  if (submits > 1 + confirmations) violations.push(`charged ${submits} times, ${confirmations} confirmed`);
  if (postsWithoutIntent > 0) violations.push('a POST without an intent before it');
  if (charged > 0 && state?.failure?.charged === 'no') violations.push('reported as free, but charged');
  if (submits === 0 && state?.failure?.charged === 'yes')
    violations.push('reported as charged, but nothing was submitted');
  if (submits === 0 && state?.task) violations.push('has a task that the provider did not accept');
  if (charged > 0 && state && state.status !== 'succeeded' && !state.attention)
    violations.push(`charged and ${state.status}, and no operator is notified`);
  return violations;
};

/** A job ends in a way that its provider fault allows. An injected fault may only hide whether a submit arrived. */
const endingViolations = (
  { scenario, injected, provider }: RunOutcome,
  ending: Ending,
  state: JobState | undefined,
): string[] => {
  // needlessAttention checks whether it may be unknown.
  const allowed = new Set<Ending>([...scenario.providerFault.ends, 'submit unknown']);
  // Several faults can use up every retry. Then an operator is notified, or nothing was submitted.
  if (injected.length > 1) {
    allowed.add('open, operator notified');
    allowed.add('not accepted');
    if (provider.tasks.length === 0) allowed.add('failed free');
  }
  // The effect of an operator's action depends on its time. Only this is certain: the job is not forgotten.
  if (scenario.finalAction !== 'nothing' || injected.some(({ kind }) => kind === 'cancelled'))
    for (const each of ENDINGS_OF_ACTIONS) allowed.add(each);
  // An operator was notified of the open circuit and redrove the job nevertheless.
  if (scenario.finalAction.startsWith('redrive') && allowed.has('open, operator notified'))
    allowed.add('waits');
  if (allowed.has(ending)) return [];
  const { status = 'no record', failure, attention } = state ?? {};
  return [
    `ended as "${ending}" (${status}, ${failure?.code ?? 'no failure'}, ${attention?.reason ?? 'no attention'})`,
  ];
};

const ENDINGS_OF_ACTIONS: readonly Ending[] = [
  'stored',
  'failed free',
  'failed, operator notified',
  'cancelled',
  'open, operator notified',
];

/** An operator is asked whether a submit arrived only when the pipeline cannot know. */
const needlessAttention = ({ scenario, injected, items }: RunOutcome): string[] => {
  const isAsked = items.some(
    ({ sk, status }) => String(sk).startsWith('EVENT#') && status === 'submit-unknown',
  );
  const duringOrder = injected.filter(({ call }) => call.functionName === 'submit-job');
  const isUnknown =
    scenario.providerFault.ends.includes('submit unknown') ||
    duringOrder.some(hidesASubmit) ||
    duringOrder.length >= MANY;
  return isAsked && !isUnknown
    ? ['an operator is asked whether the submit arrived, although it is known']
    : [];
};

/** The number of faults in one step that can use up its tries. */
const MANY = 3;

const hidesASubmit = ({ kind, call }: RunOutcome['injected'][number]): boolean => {
  switch (kind) {
    case 'dies-before':
    case 'dies-after':
      return true;
    case 'fails-before':
      return call.what.startsWith('answer');
    case 'fails-after':
      // The intent is written, and its writer does not know it.
      return call.what.startsWith('answer') || call.what === 'TransactWrite';
    default:
      return false;
  }
};

/** A step of an older run reads the record and ends. */
export const oldRunViolations = ({ calls }: RunOutcome): string[] =>
  calls
    .filter(({ isOfOldRun, what }) => isOfOldRun && what !== 'Query' && what !== 'Get')
    .slice(0, 1)
    .map(({ functionName, what }) => `${functionName} of an older run continued with ${what}`);

/** A final key holds a complete video or nothing. */
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
    violations.push('the checksum in the record is not that of the video');
  if (stored.metadata['job-id'] !== state.jobId) violations.push('the video does not name its job');
  const manifest = objects.find(video.bucket, manifestKey(state.outputKey));
  if (!manifest?.bytes.toString().includes(video.sha256))
    violations.push('the manifest does not name the video');
  return violations;
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Every event of the job's timeline was published, and no other. */
export const timelineViolations = (
  { items, published, dead }: RunOutcome,
  state: JobState | undefined,
): string[] => {
  if (!state) return [];
  const { jobId, sequence } = state;
  const violations = dead.map((what) => `lost: ${what.slice(0, 600)}`);
  const events = items.filter(({ pk, sk }) => pk === `J#${jobId}` && String(sk).startsWith('EVENT#'));
  const ids = events.map(({ eventId }) => String(eventId)).sort(byNumber);
  if (ids.join() !== Array.from({ length: sequence }, (_, index) => `${jobId}:${index + 1}`).join())
    violations.push(`events ${ids.join()} in the timeline, the record counts ${sequence}`);
  const details = published.map(({ Detail }) => eventIdIn(Detail)).filter((id) => id.startsWith(`${jobId}:`));
  for (const id of ids.filter((each) => !details.includes(each)))
    violations.push(`event ${id} was not published`);
  for (const id of details.filter((each) => !ids.includes(each)))
    violations.push(`event ${id} is not in the timeline`);
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

/** No secret is written anywhere or sent to a foreign origin, and no internal address is called. */
export const secretViolations = ({ traces, secrets, provider }: RunOutcome): string[] => {
  const violations: string[] = provider.leaks.map((origin) => `the key was sent to ${origin}`);
  for (const { origin, address } of provider.connections)
    if (!isPublicAddress(address)) violations.push(`connected to ${origin} at ${address}`);
  for (const secret of secrets) {
    const trace = traces.find((each) => each.includes(secret));
    if (trace !== undefined) {
      const position = trace.indexOf(secret);
      violations.push(`a secret was written: …${trace.slice(Math.max(0, position - 160), position + 60)}…`);
    }
  }
  return violations;
};

/** A failed execution is a bug: the workflow of a failed job succeeds. */
export const executionViolations = ({ executions, injected }: RunOutcome): string[] =>
  // Only many faults in a row use up the tries of FinishJob.
  executions.flatMap(({ name, status, error }) =>
    status === 'FAILED' && injected.length < 3 ? [`execution ${name.slice(-2)} failed: ${error}`] : [],
  );
