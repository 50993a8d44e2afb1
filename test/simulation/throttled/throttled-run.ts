import { JobRun } from '../single/job-run.ts';
import type { Scenario } from '../single/scenario.ts';
import type { Deployment } from '../world/deployment.ts';

/** One function that Lambda does not start for some minutes. */
export interface Throttling {
  readonly functionName: string;
  readonly minutes: number;
}

/** One job while a function of its workflow is throttled, from the first time that it should start. */
export class ThrottledRun extends JobRun {
  private readonly throttling: Throttling;
  private fromMs: number | undefined;

  constructor(scenario: Scenario, deployment: Deployment, throttling: Throttling) {
    super(scenario, deployment);
    this.throttling = throttling;
  }

  protected override isThrottled(functionName: string): boolean {
    if (functionName !== this.throttling.functionName) return false;
    this.fromMs ??= this.scheduler.now;
    return this.scheduler.now < this.fromMs + this.throttling.minutes * 60_000;
  }
}
