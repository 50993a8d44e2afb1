import type { Call, Fault } from '../world/call.ts';
import type { FaultSchedule } from './fault-schedule.ts';

/** Who comes in between. */
export type Rival =
  /** Another run of a function that admits. */
  | 'admit-jobs'
  | 'sweep-jobs'
  /** Somebody cancels the job that this is about: the one of the step, the one admitted last, or the next to be. */
  | 'cancels it'
  | 'cancels the next'
  /** The execution of the next has waited for a day, and begins to wait anew. */
  | 'a wait times out'
  /** The same of one that was just let in, and may not have heard of it. */
  | 'a granted wait times out'
  /** Another run takes over the job that waits first. */
  | 'restarts the next'
  /** An admin stops the provider for ten minutes. */
  | 'stops the provider'
  /** An owner who has nothing here orders. */
  | 'orders';

/** At one call of a function a rival comes in between; the function goes on when the rival is over, or waits itself. */
export interface Race {
  /** Counted over the course. */
  readonly call: number;
  readonly rival: Rival;
  /** The rival stops before its call of this number, and goes on when the function is over; without it, it is never stopped. */
  readonly rivalCalls?: number;
}

/** What a plain world is varied by: a race, or one accident. */
export type Variation = { readonly race: Race } | { readonly faults: FaultSchedule };

const ADMITTING = ['admit-jobs', 'sweep-jobs'];
const RACING = [...ADMITTING, 'await-slot', 'prepare-job', 'submit-job'];
/** They look at much that is nothing to a queue, each minute and at each poll: only where they write, or speak to a workflow. */
const MOSTLY_ELSEWHERE = ['sweep-jobs', 'check-job'];

const RIVALS: readonly Rival[] = [
  'admit-jobs',
  'sweep-jobs',
  'cancels it',
  'cancels the next',
  'a wait times out',
  'a granted wait times out',
  'restarts the next',
  'stops the provider',
  'orders',
];
const FAULTS: readonly Fault[] = [
  'dies-before',
  'dies-after',
  'fails-before',
  'fails-after',
  'given-up',
  'execution-lost',
];

/** As many as one run of admit-jobs makes that admits two. */
const MOST_RIVAL_CALLS = 12;

/** Everything that can come in between at each call of those who admit, wait, order and give back. */
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
