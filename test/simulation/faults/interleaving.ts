import type { JobState } from '../../../core/jobs/job.ts';
import type { Call, Fault } from '../world/call.ts';
import { simulatedContext } from '../world/context.ts';
import type { Executions } from '../world/executions.ts';
import type { Functions } from '../world/functions.ts';
import type { Invocation } from '../world/invocation.ts';
import type { Operator } from '../world/operator.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { Race } from './races.ts';

const STOPPED_MS = 600_000;

/** The parts of the world that a rival uses. */
export interface RaceWorld {
  readonly functions: Functions;
  readonly executions: Executions;
  readonly scheduler: Scheduler;
  readonly operator: Operator;
  states(): readonly JobState[];
  /** Task tokens of the jobs in the queue, in order, or of those that hold a slot. */
  tokensIn(kind: 'QUEUE' | 'SLOT'): readonly string[];
  restart(state: JobState): void;
  requestJob(): Promise<void>;
}

/** Runs one rival at one call, and holds both at the calls that the race names. */
export class Interleaving {
  private readonly race: Race;
  private readonly provider: string;
  private readonly stage: RaceWorld;
  private first: Invocation | undefined;
  private rival: { readonly invocation: number; calls: number } | undefined;
  /** Lets the first invocation continue. */
  private resume: () => void = () => undefined;

  constructor(race: Race, provider: string, stage: RaceWorld) {
    this.race = race;
    this.provider = provider;
    this.stage = stage;
  }

  at({ number, invocation }: Call): Fault | undefined {
    const { race, rival } = this;
    if (number === race.call) return 'interrupted';
    if (rival?.invocation !== invocation) return undefined;
    rival.calls += 1;
    return rival.calls - 1 === race.rivalCalls ? 'interrupted' : undefined;
  }

  async interrupt(): Promise<void> {
    const here = simulatedContext.getStore()?.invocation;
    if (!here) return;
    if (here.info.number === this.rival?.invocation) {
      this.resume();
      await this.first?.outcome;
      return;
    }
    this.first = here;
    const held = new Promise<void>((resolve) => {
      this.resume = resolve;
    });
    await Promise.race([held, this.runRival(here)]);
  }

  private async runRival({ info }: Invocation): Promise<void> {
    const { executions, scheduler, operator } = this.stage;
    const waiting = this.stage.states().filter(({ status }) => status === 'queued');
    const [next] = waiting.filter(({ slot }) => slot === undefined).sort(byPlace);
    switch (this.race.rival) {
      case 'admit-jobs':
        return this.invoke('admit-jobs', {
          Records: [{ dynamodb: { Keys: { pk: { S: `QUEUE#${this.provider}` }, sk: { S: '' } } } }],
        });
      case 'sweep-jobs':
        return this.invoke('sweep-jobs', {});
      case 'cancels the job': {
        const admitted = waiting
          .filter(({ slot }) => slot !== undefined)
          .sort(byTime)
          .at(-1);
        const jobId = info.jobId ?? admitted?.jobId ?? next?.jobId;
        return jobId === undefined ? undefined : operator.cancel(jobId, false);
      }
      case 'cancels the next':
        return next && operator.cancel(next.jobId, false);
      case 'a wait times out':
      case 'a granted wait times out': {
        const tokens = this.stage.tokensIn(this.race.rival === 'a wait times out' ? 'QUEUE' : 'SLOT');
        const token = tokens.find((each) => executions.tokens.awaited.has(each));
        if (token !== undefined) executions.tokens.timeOut(token);
        // Until its new wait has begun.
        return scheduler.sleep(500);
      }
      case 'restarts the next':
        if (next) this.stage.restart(next);
        // Until its next execution waits in place of this one.
        return scheduler.sleep(1500);
      case 'pauses the provider':
        scheduler.after(STOPPED_MS, () => void operator.resume(this.provider));
        return operator.pause(this.provider);
      case 'requests a job':
        return this.stage.requestJob();
    }
  }

  private async invoke(name: string, event: unknown): Promise<void> {
    this.rival = { invocation: this.stage.functions.started, calls: 0 };
    await this.stage.functions.invoke(name, event);
  }
}

const byPlace = (one: JobState, other: JobState): number =>
  (one.queueKey ?? '') < (other.queueKey ?? '') ? -1 : 1;
const byTime = (one: JobState, other: JobState): number => (one.updatedAt < other.updatedAt ? -1 : 1);
