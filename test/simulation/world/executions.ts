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
  /** The interpreter itself failed: a bug of the simulation. */
  readonly onBroken: (what: string) => void;
}

// The chance that the event of an ended execution is lost: Step Functions delivers these with best effort.
const LOST_EVENT_CHANCE = 0.4;

/** Step Functions: executions by name, each run by the template's definition. */
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
        (error: unknown) =>
          onBroken(`The interpreter failed: ${error instanceof Error ? error.stack : error}`),
      );
    });
  }

  /** Aborts one execution. A function that is at work in it does not notice. */
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
