import { isEnded, type JobState } from '../../../core/jobs/job.ts';
import { chargedMicrosOf, type Task } from '../../../simulator/tasks/task.ts';
import {
  executionViolations,
  oldRunViolations,
  secretViolations,
  timelineViolations,
  videoViolations,
} from '../single/invariants.ts';
import type { RunOutcome } from '../single/outcome.ts';
import type { MultiJobRun } from './multi-job-run.ts';
import { isPlain, type MultiJobScenario } from './scenario.ts';
import { SPARE } from './stage.ts';

/** A job of a world where at most one thing goes wrong is over within so many seconds. */
const PATIENCE_SECONDS = 3 * 3600;

/** What was wrong with a crowd, on its way and at its end. */
export const checkMultiJobInvariants = (
  scenario: MultiJobScenario,
  crowd: MultiJobRun,
  outcome: RunOutcome,
): string[] => {
  const { items, states, injected } = outcome;
  const left = items.filter(({ pk }) => /^(SLOT|QUEUE)#/.test(String(pk)));
  const isCalm = isPlain(scenario) || scenario.race !== undefined;
  return [
    ...crowd.queue.found,
    ...crowd.queue.unfair(injected.length + (scenario.race ? 1 : 0)),
    ...crowd.orders.found,
    ...(scenario.providerFault.name === '429(2, 300s)' && injected.length === 0
      ? crowd.orders.pausesNotKept(2, 300)
      : []),
    ...left.map(({ pk, sk }) => `${pk} ${sk} is left`),
    ...states.filter(isForgotten).map(({ jobId, status, run }) => `job ${jobId} is ${status} in run ${run}`),
    ...(states.length < scenario.orders.length && injected.length < 3
      ? [`${scenario.orders.length} orders, ${states.length} jobs`]
      : []),
    ...(isCalm ? states.filter(isLate).map(({ jobId }) => `job ${jobId} took more than 3 h`) : []),
    ...parkedViolations(scenario, states),
    ...moneyViolations(crowd, outcome),
    ...movedViolations(outcome),
    ...states.flatMap((state) => timelineViolations(outcome, state)),
    ...states
      .filter(({ status }) => status === 'succeeded')
      .flatMap((each) => videoViolations(outcome, each)),
    ...secretViolations(outcome),
    ...oldRunViolations(outcome),
    ...executionViolations(outcome),
  ];
};

/** Nothing that could end it goes on, and no person is told. */
const isForgotten = (state: JobState): boolean =>
  !isEnded(state) && state.status !== 'submit-unknown' && state.attention === undefined;

const isLate = ({ createdAt, finishedAt }: JobState): boolean =>
  finishedAt !== undefined && Date.parse(finishedAt) - Date.parse(createdAt) > PATIENCE_SECONDS * 1000;

const PARKING_CODES = ['PROVIDER_AUTH', 'PROVIDER_BALANCE', 'PROVIDER_QUOTA', 'PROVIDER_KEY_MISSING'];

/** What is wrong with a provider fails nobody: all wait, and go on. */
const parkedViolations = ({ providerFault }: MultiJobScenario, states: readonly JobState[]): string[] => {
  const failed = states.filter(({ failure }) => failure && PARKING_CODES.includes(failure.code));
  return failed.map(
    ({ jobId, failure }) => `job ${jobId} failed for ${failure?.code}, in "${providerFault.name}"`,
  );
};

/** To the micro-dollar: what we say was spent is what was charged, and what else was charged is said to be at stake. */
const moneyViolations = (
  crowd: MultiJobRun,
  { items, states, provider, endedAtMs }: RunOutcome,
): string[] => {
  const found: string[] = [];
  const jobOfPrompt = crowd.jobOfPrompt();
  const tasksOf = (jobId: string): Task[] =>
    provider.tasks.filter(({ submission }) => jobOfPrompt.get(submission.prompt) === jobId);
  let chargedMicros = 0;
  for (const state of states) {
    const { jobId, failure, status, task, atStakeMicros = 0 } = state;
    const tasks = tasksOf(jobId);
    if (tasks.length > 1 + (crowd.confirmed.get(jobId) ?? 0))
      found.push(`${jobId} was ordered ${tasks.length} times`);
    const isKnown = status === 'succeeded' || failure?.charged === 'yes';
    const charges = tasks.map((each) => ({ id: each.id, micros: chargedMicrosOf(each, endedAtMs) }));
    // Some dialects write the id of a task into a longer name.
    const known = sum(charges.filter(({ id }) => isKnown && task?.id.includes(id)));
    const rest = sum(charges) - known;
    chargedMicros += known;
    const mayRest = atStakeMicros + (failure?.charged === 'unknown' ? (state.priceMicros ?? 0) : 0);
    if (isEnded(state) && rest > mayRest)
      found.push(`${jobId} was charged ${rest} more than it knows of, ${mayRest} are said to be at stake`);
  }
  const spent = sumOf(items, 'STATS#', 'micros');
  if (spent !== chargedMicros) found.push(`spent ${spent}, charged ${chargedMicros}`);
  return [...found, ...budgetViolations(items, states)];
};

/** Each owner's budget of a day is what that owner's jobs hold of it. */
const budgetViolations = (items: RunOutcome['items'], states: readonly JobState[]): string[] => {
  const held = new Map<string, number>();
  for (const state of states)
    for (const { day, micros } of [...heldBy(state), ...(state.reservedBefore ?? [])]) {
      const pk = `BUDGET#${state.owner}#${day}`;
      held.set(pk, (held.get(pk) ?? 0) + micros);
    }
  const committed = new Map(
    items
      .filter(({ pk }) => String(pk).startsWith('BUDGET#'))
      .map(({ pk, committedMicros }) => [String(pk), Number(committedMicros)]),
  );
  return [...new Set([...held.keys(), ...committed.keys()])]
    .filter((pk) => (held.get(pk) ?? 0) !== (committed.get(pk) ?? 0))
    .map((pk) => `${pk} holds ${committed.get(pk) ?? 0}, its jobs ${held.get(pk) ?? 0}`);
};

/** What a job may cost by what became of it, counted anew. */
const heldBy = (state: JobState): { day: string; micros: number }[] => {
  const { status, priceMicros = 0, costMicros, failure, reserved } = state;
  if (reserved === undefined) return [];
  if (status === 'succeeded') return [{ day: reserved.day, micros: costMicros ?? priceMicros }];
  // A person gave it up, or what is at stake is of an earlier order.
  const mayBeFree = state.atStakeMicros !== undefined || failure?.message.includes('gave it up') === true;
  const isFree = failure?.charged === 'no' || (mayBeFree && reserved.micros === 0);
  return [{ day: reserved.day, micros: isFree ? 0 : priceMicros }];
};

/** Where a video was made is written beside it. */
const movedViolations = ({ objects, states }: RunOutcome): string[] =>
  states
    .filter(({ status, provider }) => status === 'succeeded' && provider === SPARE)
    .flatMap(({ jobId, video, movedFrom }) => {
      const manifest = video && objects.find(video.bucket, video.key.replace(/\.mp4$/, '.job.json'));
      const said = manifest?.bytes.toString() ?? '';
      const isSaid =
        movedFrom?.every(({ provider }) => said.includes(`"${provider}"`)) && said.includes(SPARE);
      return isSaid ? [] : [`the manifest of ${jobId} does not say that it was moved`];
    });

const sum = (charges: readonly { readonly micros: number }[]): number =>
  charges.reduce((total, { micros }) => total + micros, 0);

const sumOf = (items: RunOutcome['items'], prefix: string, field: string): number =>
  items
    .filter(({ pk }) => String(pk).startsWith(prefix))
    .reduce((total, item) => total + Number(item[field] ?? 0), 0);
