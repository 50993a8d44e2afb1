import type { JobState } from '../../../core/jobs/job.ts';
import { place } from '../world/context.ts';
import type { Executions } from '../world/executions.ts';
import type { Functions } from '../world/functions.ts';
import type { Accident, CallNote, Invocation } from '../world/invocation.ts';
import type { Person } from '../world/operator.ts';
import type { Simulation } from '../world/scheduler.ts';
import type { Race } from './races.ts';

const STOPPED_MS = 600_000;

/** What a rival needs from the world. */
export interface RaceStage {
  readonly functions: Functions;
  readonly executions: Executions;
  readonly simulation: Simulation;
  readonly person: Person;
  states(): readonly JobState[];
  /** What the executions wait with whose jobs stand in the queue, in their order; or hold a slot. */
  tokensIn(kind: 'QUEUE' | 'SLOT'): readonly string[];
  restart(state: JobState): void;
  order(): Promise<void>;
}

/** Brings one rival in at one call, and holds both at the calls that the race says. */
export class Racing {
  private readonly race: Race;
  private readonly provider: string;
  private readonly stage: RaceStage;
  private first: Invocation | undefined;
  private rival: { readonly invocation: number; calls: number } | undefined;
  /** Lets the first go on. */
  private goOn: () => void = () => undefined;

  constructor(race: Race, provider: string, stage: RaceStage) {
    this.race = race;
    this.provider = provider;
    this.stage = stage;
  }

  at({ number, invocation }: CallNote): Accident | undefined {
    const { race, rival } = this;
    if (number === race.call) return 'interrupted';
    if (rival?.invocation !== invocation) return undefined;
    rival.calls += 1;
    return rival.calls - 1 === race.rivalCalls ? 'interrupted' : undefined;
  }

  async interrupt(): Promise<void> {
    const here = place.getStore()?.invocation;
    if (!here) return;
    if (here.about.number === this.rival?.invocation) {
      this.goOn();
      await this.first?.outcome;
      return;
    }
    this.first = here;
    const held = new Promise<void>((resolve) => {
      this.goOn = resolve;
    });
    await Promise.race([held, this.bringIn(here)]);
  }

  private async bringIn({ about }: Invocation): Promise<void> {
    const { executions, simulation, person } = this.stage;
    const waiting = this.stage.states().filter(({ status }) => status === 'queued');
    const [next] = waiting.filter(({ slot }) => slot === undefined).sort(byPlace);
    switch (this.race.rival) {
      case 'admit-jobs':
        return this.invoke('admit-jobs', {
          Records: [{ dynamodb: { Keys: { pk: { S: `QUEUE#${this.provider}` }, sk: { S: '' } } } }],
        });
      case 'sweep-jobs':
        return this.invoke('sweep-jobs', {});
      case 'cancels it': {
        const admitted = waiting
          .filter(({ slot }) => slot !== undefined)
          .sort(byTime)
          .at(-1);
        const jobId = about.jobId ?? admitted?.jobId ?? next?.jobId;
        return jobId === undefined ? undefined : person.cancel(jobId, false);
      }
      case 'cancels the next':
        return next && person.cancel(next.jobId, false);
      case 'a wait times out':
      case 'a granted wait times out': {
        const tokens = this.stage.tokensIn(this.race.rival === 'a wait times out' ? 'QUEUE' : 'SLOT');
        const token = tokens.find((each) => executions.tokens.waitedWith.has(each));
        if (token !== undefined) executions.tokens.timeOut(token);
        // Until it waits anew.
        return simulation.sleep(500);
      }
      case 'restarts the next':
        if (next) this.stage.restart(next);
        // Until its next execution waits in the place of this one.
        return simulation.sleep(1500);
      case 'stops the provider':
        simulation.after(STOPPED_MS, () => void person.resume(this.provider));
        return person.pause(this.provider);
      case 'orders':
        return this.stage.order();
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
