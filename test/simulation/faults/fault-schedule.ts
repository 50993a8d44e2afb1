import type { Call, Fault } from '../world/call.ts';
import type { Random } from '../world/random.ts';

/** Which calls to the outside meet which fault. */
export type FaultSchedule =
  | { readonly at: 'nowhere' }
  /** At this call of the run, counted from 0. */
  | { readonly at: 'one call'; readonly call: number; readonly kind: Fault }
  | {
      readonly at: 'two calls';
      readonly calls: readonly [number, number];
      readonly kinds: readonly [Fault, Fault];
    }
  /** At this many calls in a row, from this one on. */
  | { readonly at: 'an outage'; readonly from: number; readonly calls: number; readonly kind: Fault }
  /** The job is restarted at this call; after that the first calls of one step fail. */
  | {
      readonly at: 'a broken step';
      readonly from: number;
      readonly functionName: string;
      readonly calls: number;
      readonly kind: Fault;
    }
  /** At any call, with this chance. */
  | { readonly at: 'any call'; readonly chance: number };

/** The faults that can be injected. Some need the sweeper to recover, so they need a stage with one. */
export const injectableFaults = (hasSweeper: boolean): readonly Fault[] => [
  'dies-before',
  'dies-after',
  'fails-before',
  'fails-after',
  'given-up',
  'restarted',
  'notified-again',
  'cancelled',
  ...(hasSweeper ? (['execution-lost'] as const) : []),
];

export interface InjectedFault {
  readonly kind: Fault;
  readonly call: Call;
}

/** The most faults by chance in one run, so that the run comes to an end. */
const MOST_BY_CHANCE = 12;

/** Follows a schedule and records the injected faults. */
export class ScheduledFaults {
  readonly injected: InjectedFault[] = [];
  private readonly faults: FaultSchedule;
  private readonly kinds: readonly Fault[];
  private readonly random: Random;

  constructor(faults: FaultSchedule, kinds: readonly Fault[], random: Random) {
    this.faults = faults;
    this.kinds = kinds;
    this.random = random;
  }

  at(call: Call): Fault | undefined {
    const kind = this.kindAt(call);
    if (kind) this.injected.push({ kind, call });
    return kind;
  }

  private kindAt({ number, functionName }: Call): Fault | undefined {
    const { faults } = this;
    switch (faults.at) {
      case 'nowhere':
        return undefined;
      case 'one call':
        return number === faults.call ? faults.kind : undefined;
      case 'two calls':
        return faults.kinds[faults.calls.indexOf(number)];
      case 'an outage':
        return number >= faults.from && number < faults.from + faults.calls ? faults.kind : undefined;
      case 'a broken step': {
        if (number === faults.from) return 'restarted';
        const isMeant = number > faults.from && functionName === faults.functionName;
        return isMeant && this.injected.length <= faults.calls ? faults.kind : undefined;
      }
      case 'any call': {
        const isDue = this.injected.length < MOST_BY_CHANCE && this.random.next() < faults.chance;
        return isDue ? this.random.pick(this.kinds) : undefined;
      }
    }
  }
}

export const describeFaults = (faults: FaultSchedule): string => {
  switch (faults.at) {
    case 'nowhere':
      return 'no injected fault';
    case 'one call':
      return `${faults.kind} at call ${faults.call}`;
    case 'two calls':
      return faults.calls.map((call, index) => `${faults.kinds[index]} at call ${call}`).join(' and ');
    case 'an outage':
      return `${faults.kind} at ${faults.calls} calls from ${faults.from} on`;
    case 'a broken step':
      return `restarted at call ${faults.from}, then ${faults.kind} at ${faults.calls} calls of ${faults.functionName}`;
    case 'any call':
      return `faults at ${faults.chance * 100} % of the calls`;
  }
};
