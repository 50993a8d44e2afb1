import { isEnded, type JobState } from '../../../core/jobs/job.ts';
import { GIVEN_UP_MESSAGE } from '../../../core/jobs/redrive.ts';
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

/** With at most one fault, a job ends within this many seconds. */
const PATIENCE_SECONDS = 3 * 3600;

/** The violations of a multi-job run, on its way and at its end. */
export const checkMultiJobInvariants = (
  scenario: MultiJobScenario,
  run: MultiJobRun,
  outcome: RunOutcome,
): string[] => {
  const { items, states, injected } = outcome;
  const left = items.filter(({ pk }) => /^(SLOT|QUEUE)#/.test(String(pk)));
  const isCalm = isPlain(scenario) || scenario.race !== undefined;
  return [
    ...run.queue.found,
    ...run.queue.unfair(injected.length + (scenario.race ? 1 : 0)),
    ...run.submits.found,
    ...(scenario.providerFault.name === '429(2, 300s)' && injected.length === 0
      ? run.submits.pausesNotKept(2, 300)
      : []),
    ...left.map(({ pk, sk }) => `${pk} ${sk} is left over`),
    ...states.filter(isForgotten).map(({ jobId, status, run }) => `job ${jobId} is ${status} in run ${run}`),
    ...(states.length < scenario.requests.length && injected.length < 3
      ? [`${scenario.requests.length} requests, ${states.length} jobs`]
      : []),
    ...(isCalm ? states.filter(isLate).map(({ jobId }) => `job ${jobId} took more than 3 h`) : []),
    ...circuitViolations(scenario, states),
    ...moneyViolations(run, outcome),
    ...failoverViolations(outcome),
    ...states.flatMap((state) => timelineViolations(outcome, state)),
    ...states
      .filter(({ status }) => status === 'succeeded')
      .flatMap((each) => videoViolations(outcome, each)),
    ...secretViolations(outcome),
    ...oldRunViolations(outcome),
    ...executionViolations(outcome),
  ];
};

/** Nothing continues the job, and no operator is notified. */
const isForgotten = (state: JobState): boolean =>
  !isEnded(state) && state.status !== 'submit-unknown' && state.attention === undefined;

const isLate = ({ createdAt, finishedAt }: JobState): boolean =>
  finishedAt !== undefined && Date.parse(finishedAt) - Date.parse(createdAt) > PATIENCE_SECONDS * 1000;

const CIRCUIT_OPENING_CODES = ['PROVIDER_AUTH', 'PROVIDER_BALANCE', 'PROVIDER_QUOTA', 'PROVIDER_KEY_MISSING'];

/** A fault of the provider fails no job: all jobs wait and then continue. */
const circuitViolations = ({ providerFault }: MultiJobScenario, states: readonly JobState[]): string[] => {
  const failed = states.filter(({ failure }) => failure && CIRCUIT_OPENING_CODES.includes(failure.code));
  return failed.map(
    ({ jobId, failure }) => `job ${jobId} failed for ${failure?.code}, in "${providerFault.name}"`,
  );
};

/** To the micro-dollar: the recorded spend equals the known charges, and all other charges are recorded as at stake. */
const moneyViolations = (run: MultiJobRun, { items, states, provider, endedAtMs }: RunOutcome): string[] => {
  const found: string[] = [];
  const jobOfPrompt = run.jobOfPrompt();
  const tasksOf = (jobId: string): Task[] =>
    provider.tasks.filter(({ submission }) => jobOfPrompt.get(submission.prompt) === jobId);
  let chargedMicros = 0;
  for (const state of states) {
    const { jobId, failure, status, task, atStakeMicros = 0 } = state;
    const tasks = tasksOf(jobId);
    if (tasks.length > 1 + (run.confirmed.get(jobId) ?? 0))
      found.push(`${jobId} was submitted ${tasks.length} times`);
    const isKnown = status === 'succeeded' || failure?.charged === 'yes';
    const charges = tasks.map((each) => ({ id: each.id, micros: chargedMicrosOf(each, endedAtMs) }));
    // Some dialects put the task's id into a longer name.
    const known = sum(charges.filter(({ id }) => isKnown && task?.id.includes(id)));
    const rest = sum(charges) - known;
    chargedMicros += known;
    const mayRest = atStakeMicros + (failure?.charged === 'unknown' ? (state.priceMicros ?? 0) : 0);
    if (isEnded(state) && rest > mayRest)
      found.push(
        `${jobId} was charged ${rest} more than its record says, with ${mayRest} recorded as at stake`,
      );
  }
  const spent = sumOf(items, 'STATS#', 'micros');
  if (spent !== chargedMicros) found.push(`spent ${spent}, charged ${chargedMicros}`);
  return [...found, ...budgetViolations(items, states)];
};

/** Each owner's budget of a day equals what the owner's jobs hold of it. */
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

/** What a job holds of its budget, recomputed from its end. */
const heldBy = (state: JobState): { day: string; micros: number }[] => {
  const { status, priceMicros = 0, costMicros, failure, reserved } = state;
  if (reserved === undefined) return [];
  if (status === 'succeeded') return [{ day: reserved.day, micros: costMicros ?? priceMicros }];
  // An operator gave it up, or the money at stake belongs to an earlier submit.
  const mayBeFree = state.atStakeMicros !== undefined || failure?.message === GIVEN_UP_MESSAGE;
  const isFree = failure?.charged === 'no' || (mayBeFree && reserved.micros === 0);
  return [{ day: reserved.day, micros: isFree ? 0 : priceMicros }];
};

/** The manifest beside a video names the provider that made it. */
const failoverViolations = ({ objects, states }: RunOutcome): string[] =>
  states
    .filter(({ status, provider }) => status === 'succeeded' && provider === SPARE)
    .flatMap(({ jobId, video, movedFrom }) => {
      const manifest = video && objects.find(video.bucket, video.key.replace(/\.mp4$/, '.job.json'));
      const said = manifest?.bytes.toString() ?? '';
      const isSaid =
        movedFrom?.every(({ provider }) => said.includes(`"${provider}"`)) && said.includes(SPARE);
      return isSaid ? [] : [`the manifest of ${jobId} does not name the failover`];
    });

const sum = (charges: readonly { readonly micros: number }[]): number =>
  charges.reduce((total, { micros }) => total + micros, 0);

const sumOf = (items: RunOutcome['items'], prefix: string, field: string): number =>
  items
    .filter(({ pk }) => String(pk).startsWith(prefix))
    .reduce((total, item) => total + Number(item[field] ?? 0), 0);
