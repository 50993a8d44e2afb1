import * as z from 'zod';
import type { Call, FaultInjector, InvocationInfo, InvocationOutcome } from './call.ts';
import { simulatedContext } from './context.ts';
import type { DeployedFunction } from './deployment.ts';
import { Invocation } from './invocation.ts';
import type { Scheduler } from './scheduler.ts';

export interface FunctionsOptions {
  readonly deployed: ReadonlyMap<string, DeployedFunction>;
  readonly scheduler: Scheduler;
  readonly faults: FaultInjector;
  readonly runOf: (jobId: string) => number | undefined;
  /** Whether the account runs as many functions as it may, so that this one does not start. */
  readonly isThrottled: (functionName: string) => boolean;
}

/** What Lambda answers to Step Functions in place of a start. */
export const THROTTLED: InvocationOutcome = {
  error: { Error: 'Lambda.TooManyRequestsException', Cause: 'Rate Exceeded.' },
};

const StepEvent = z.object({ jobId: z.string(), run: z.number() });

/** Runs the real handlers as Lambda does: with a time-out, its error format, and JSON on both sides. */
export class Functions {
  /** Every call to the outside that any function made. */
  readonly calls: Call[] = [];
  /** The number of invocations so far. */
  started = 0;
  private readonly options: FunctionsOptions;

  constructor(options: FunctionsOptions) {
    this.options = options;
  }

  invoke(name: string, event: unknown): Promise<InvocationOutcome> {
    const { scheduler, faults } = this.options;
    const fn = this.options.deployed.get(name);
    if (!fn) throw new Error(`There is no function ${name}.`);
    if (this.options.isThrottled(name)) return Promise.resolve(THROTTLED);
    const invocation = new Invocation(this.info(name, event), scheduler, faults, this.calls);
    const endsAt = scheduler.now + fn.timeoutSeconds * 1000;
    const alarm = scheduler.at(endsAt, () =>
      invocation.die('Sandbox.Timedout', `Task timed out after ${fn.timeoutSeconds} seconds`),
    );
    invocation.onDeath(() => scheduler.cancel(alarm));
    const context = { ...contextOf(name), getRemainingTimeInMillis: () => endsAt - scheduler.now };
    const given: unknown = JSON.parse(JSON.stringify(event));
    void simulatedContext.run({ scheduler, invocation }, async () => {
      try {
        const result = (await fn.handler(given, context)) ?? null;
        invocation.settle({ result: JSON.parse(JSON.stringify(result)) });
      } catch (error) {
        invocation.settle({ error: errorOf(error) });
      } finally {
        scheduler.cancel(alarm);
      }
    });
    return invocation.outcome;
  }

  private info(functionName: string, event: unknown): InvocationInfo {
    this.started += 1;
    const step = StepEvent.safeParse(event).data;
    const isOfOldRun = step !== undefined && (this.options.runOf(step.jobId) ?? 0) > step.run;
    return { functionName, number: this.started - 1, jobId: step?.jobId, isOfOldRun };
  }
}

const errorOf = (error: unknown): { Error: string; Cause: string } => {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const trace = stack.split('\n');
  return { Error: name, Cause: JSON.stringify({ errorType: name, errorMessage: message, trace }) };
};

const contextOf = (functionName: string) => ({
  callbackWaitsForEmptyEventLoop: false,
  functionName,
  functionVersion: '1',
  invokedFunctionArn: `arn:aws:lambda:us-east-1:111122223333:function:${functionName}`,
  memoryLimitInMB: '512',
  awsRequestId: 'proof',
  logGroupName: 'proof',
  logStreamName: 'proof',
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
});
