import type { Deployment } from './deployment.ts';
import type { Functions } from './functions.ts';
import { executionArn, WORKFLOW } from './names.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { type Execution, walk } from './state-machine.ts';
import { TaskTokens } from './task-tokens.ts';

export interface ExecutionsOptions {
  readonly deployment: Pick<Deployment, 'machine' | 'functionOfArn' | 'listeners'>;
  readonly scheduler: Scheduler;
  readonly functions: Functions;
  readonly random: Random;
  /** The walk itself went wrong: a mistake of the proof. */
  readonly onBroken: (what: string) => void;
}

// How often the word of an ended execution is lost on its way: Step Functions sends it as best it can.
const LOST_EVENT_CHANCE = 0.4;

/** Step Functions: executions by name, each walked as the template says. */
export class Executions {
  readonly byName = new Map<string, Execution>();
  readonly tokens = new TaskTokens();
  private readonly options: ExecutionsOptions;

  constructor(options: ExecutionsOptions) {
    this.options = options;
  }

  start(execution: Execution): void {
    const { scheduler, deployment, functions, onBroken } = this.options;
    this.byName.set(execution.name, execution);
    scheduler.after(20, () => {
      walk(deployment.machine, execution, {
        scheduler,
        tokens: this.tokens,
        invoke: (resource, payload) => functions.invoke(deployment.functionOfArn(resource), payload),
      }).then(
        () => this.notify(execution),
        (error: unknown) => onBroken(`The walk broke: ${error instanceof Error ? error.stack : error}`),
      );
    });
  }

  /** One is gone, and whoever is at work in it does not know. */
  loseOne(): void {
    const running = [...this.byName.values()].find(({ status }) => status === 'RUNNING');
    if (!running) return;
    running.status = 'ABORTED';
    this.notify(running);
  }

  private notify({ name, input, status }: Execution): void {
    const { deployment, random, scheduler, functions } = this.options;
    for (const { functionName, statuses } of deployment.listeners) {
      if (!statuses.includes(status) || random.next() < LOST_EVENT_CHANCE) continue;
      const detail = { executionArn: executionArn(name), stateMachineArn: WORKFLOW, name, status, input };
      const event = {
        source: 'aws.states',
        'detail-type': 'Step Functions Execution Status Change',
        detail,
      };
      scheduler.after(300, () => void functions.invoke(functionName, event));
    }
  }
}
