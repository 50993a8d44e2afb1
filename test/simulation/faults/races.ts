import type { Call, Fault } from '../world/call.ts';
import type { FaultSchedule } from './fault-schedule.ts';

/** What acts between two steps of a function. */
export type Rival =
  /** Another run of a function that dequeues. */
  | 'admit-jobs'
  | 'sweep-jobs'
  /** A cancel of the job at hand: the job of the step, the last one admitted, or the next one. */
  | 'cancels the job'
  | 'cancels the next'
  /** The next job's execution has waited for a day and starts a new wait. */
  | 'a wait times out'
  /** The same for a job that was just admitted and may not know it yet. */
  | 'a granted wait times out'
  /** A new run takes over the first job in the queue. */
  | 'restarts the next'
  /** An admin pauses the provider for ten minutes. */
  | 'pauses the provider'
  /** An owner without jobs here requests one. */
  | 'requests a job';

/** A rival acts at one call of a function. The function continues when the rival is done or waits itself. */
export interface Race {
  /** Counted over the run. */
  readonly call: number;
  readonly rival: Rival;
  /** The rival stops before its call of this number and continues when the function is done. Without it, the rival never stops. */
  readonly rivalCalls?: number;
}

/** One change to a plain world: a race or one fault. */
export type Variation = { readonly race: Race } | { readonly faults: FaultSchedule };

const ADMITTING = ['admit-jobs', 'sweep-jobs'];
const RACING = [...ADMITTING, 'await-slot', 'prepare-job', 'submit-job'];
/** Most of their calls do not concern the queue. Only their writes and their calls of workflows are varied. */
const MOSTLY_ELSEWHERE = ['sweep-jobs', 'check-job'];

const RIVALS: readonly Rival[] = [
  'admit-jobs',
  'sweep-jobs',
  'cancels the job',
  'cancels the next',
  'a wait times out',
  'a granted wait times out',
  'restarts the next',
  'pauses the provider',
  'requests a job',
];
const FAULTS: readonly Fault[] = [
  'dies-before',
  'dies-after',
  'fails-before',
  'fails-after',
  'given-up',
  'execution-lost',
];

/** The number of calls of an admit-jobs run that admits two jobs. */
const MOST_RIVAL_CALLS = 12;

/** Every variation at each call of the functions that dequeue, wait, submit and release. */
export const variationsOf = (calls: readonly Call[]): Variation[] =>
  calls
    .filter(({ functionName, what }) =>
      MOSTLY_ELSEWHERE.includes(functionName)
        ? !/^(Query|Get|connect|answer)/.test(what)
        : RACING.includes(functionName),
    )
    .flatMap(({ number: call, functionName }) => [
      ...RIVALS.map((rival) => ({ race: { call, rival } })),
      ...(ADMITTING.includes(functionName)
        ? Array.from({ length: MOST_RIVAL_CALLS }, (_, rivalCalls) => ({
            race: { call, rival: 'admit-jobs' as const, rivalCalls },
          }))
        : []),
      ...FAULTS.map((kind) => ({ faults: { at: 'one call', call, kind } as const })),
    ]);
