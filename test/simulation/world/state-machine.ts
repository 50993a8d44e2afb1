import * as z from 'zod';
import type { InvocationOutcome } from './call.ts';
import type { Scheduler } from './scheduler.ts';
import type { TaskTokens } from './task-tokens.ts';

// The part of the Amazon States Language that the machine uses. The schema refuses every other field: an interpreter that
// skips one would run another machine.

const Retrier = z.strictObject({
  ErrorEquals: z.array(z.string()),
  IntervalSeconds: z.number().default(1),
  MaxAttempts: z.number().default(3),
  BackoffRate: z.number().default(2),
  MaxDelaySeconds: z.number().optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
});
const Catcher = z.strictObject({
  ErrorEquals: z.array(z.string()),
  ResultPath: z.literal('$.error'),
  Next: z.string(),
});
const Field = z.string().regex(/^\$\.\w+$/);

const TASK_TOKEN = '$$.Task.Token';
const WAITS = ':states:::lambda:invoke.waitForTaskToken';

const Parameters = z.strictObject({
  FunctionName: z.string(),
  Payload: z.record(z.string().endsWith('.$'), z.union([Field, z.literal(TASK_TOKEN)])),
});
const TaskFields = z.strictObject({
  Type: z.literal('Task'),
  Resource: z.string(),
  Parameters: Parameters.optional(),
  TimeoutSeconds: z.number().default(99_999_999),
  Retry: z.array(Retrier).default([]),
  Catch: z.array(Catcher).default([]),
  Next: z.string().optional(),
  End: z.literal(true).optional(),
});
/** Invokes a function and continues with its answer or, with parameters, with the output sent for its task token. */
const Task = TaskFields.refine(
  ({ Resource, Parameters: given }) => (given !== undefined) === Resource.includes(':states:::'),
).refine(({ Resource }) => !Resource.includes(':states:::') || Resource.endsWith(WAITS));
const Choice = z.strictObject({
  Type: z.literal('Choice'),
  Choices: z.array(z.strictObject({ Variable: Field, StringEquals: z.string(), Next: z.string() })),
  Default: z.string().optional(),
});
const Wait = z.strictObject({
  Type: z.literal('Wait'),
  Seconds: z.number().optional(),
  SecondsPath: Field.optional(),
  Next: z.string(),
});
const Succeed = z.strictObject({ Type: z.literal('Succeed') });

export const StateMachine = z.strictObject({
  StartAt: z.string(),
  States: z.record(z.string(), z.discriminatedUnion('Type', [Task, Choice, Wait, Succeed])),
});
export type StateMachine = z.infer<typeof StateMachine>;

type Retrier = z.infer<typeof Retrier>;
type Task = z.infer<typeof Task>;
type Data = Readonly<Record<string, unknown>>;

export interface Execution {
  readonly name: string;
  readonly input: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  error?: string;
  /** Every entered state with its input. */
  readonly history: { readonly state: string; readonly input: string }[];
  events: number;
}

export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly tokens: TaskTokens;
  invoke(resource: string, payload: Data): Promise<InvocationOutcome>;
}

// Limits of Step Functions, in characters (of ASCII) and events.
const MAX_DATA = 262_144;
const MAX_EVENTS = 25_000;
// The duration of one state transition, in milliseconds.
const TRANSITION_MS = 25;

/** Runs one execution to its end. */
export const walk = async (
  machine: StateMachine,
  execution: Execution,
  surroundings: Surroundings,
): Promise<void> => {
  try {
    let next: Step | undefined = { state: machine.StartAt, data: readData(execution.input) };
    while (next) {
      const { state, data } = next;
      await surroundings.scheduler.sleep(TRANSITION_MS);
      if (execution.status !== 'RUNNING') return;
      enter(execution, state, data);
      next = await runState(machine, state, data, { ...surroundings, execution });
      if (execution.status !== 'RUNNING') return;
    }
    execution.status = 'SUCCEEDED';
  } catch (error) {
    if (!(error instanceof ExecutionFailed)) throw error;
    if (execution.status === 'RUNNING') Object.assign(execution, { status: 'FAILED', error: error.message });
  }
};

class ExecutionFailed extends Error {
  override readonly name = 'ExecutionFailed';
}

interface Step {
  readonly state: string;
  readonly data: Data;
}

const enter = (execution: Execution, state: string, data: Data): void => {
  const input = JSON.stringify(data);
  if (input.length > MAX_DATA) throw new ExecutionFailed('States.DataLimitExceeded');
  execution.history.push({ state, input });
  // Entered, scheduled, started, succeeded, exited. Retries add some, which the limit leaves room for.
  execution.events += 5;
  if (execution.events > MAX_EVENTS) throw new ExecutionFailed('The history has more than 25,000 events.');
};

interface Inside extends Surroundings {
  readonly execution: Execution;
}

const runState = async (
  { States }: StateMachine,
  name: string,
  data: Data,
  surroundings: Inside,
): Promise<Step | undefined> => {
  const state = States[name];
  if (!state) throw new Error(`The machine has no state ${name}.`);
  switch (state.Type) {
    case 'Succeed':
      return undefined;
    case 'Wait': {
      const seconds = state.Seconds ?? (state.SecondsPath && valueAt(data, state.SecondsPath));
      if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 0)
        throw new ExecutionFailed(`States.Runtime: ${name} cannot wait ${JSON.stringify(seconds)} seconds`);
      await surroundings.scheduler.sleep(seconds * 1000);
      return { state: state.Next, data };
    }
    case 'Choice': {
      const chosen = state.Choices.find(({ Variable, StringEquals }) => {
        const value = valueAt(data, Variable);
        if (value === undefined) throw new ExecutionFailed(`States.Runtime: ${name} finds no ${Variable}`);
        return value === StringEquals;
      });
      const next = chosen?.Next ?? state.Default;
      if (next === undefined) throw new ExecutionFailed('States.NoChoiceMatched');
      return { state: next, data };
    }
    case 'Task':
      return runTask(state, data, surroundings);
  }
};

const runTask = async (task: Task, data: Data, surroundings: Inside): Promise<Step | undefined> => {
  const tries = new Map<Retrier, number>();
  for (;;) {
    const outcome = await (task.Parameters
      ? waitForToken(task, task.Parameters, data, surroundings)
      : runWithTimeout(task, data, surroundings));
    if ('result' in outcome) {
      const result = readData(JSON.stringify(outcome.result));
      return task.Next === undefined ? undefined : { state: task.Next, data: result };
    }
    const { error } = outcome;
    const retrier = task.Retry.find(({ ErrorEquals }) => matches(ErrorEquals, error.Error));
    const before = retrier ? (tries.get(retrier) ?? 0) : 0;
    if (!retrier || before === retrier.MaxAttempts) return caught(task, data, error);
    tries.set(retrier, before + 1);
    await surroundings.scheduler.sleep(delaySeconds(retrier, before, surroundings.scheduler) * 1000);
  }
};

/** The state that catches the error, or the failure of the execution. */
const caught = (task: Task, data: Data, error: { readonly Error: string; readonly Cause: string }): Step => {
  const catcher = task.Catch.find(({ ErrorEquals }) => matches(ErrorEquals, error.Error));
  if (!catcher) throw new ExecutionFailed(`${error.Error}: ${error.Cause}`);
  return { state: catcher.Next, data: { ...data, error } };
};

/** Invokes with the state's time-out. After it the function may continue, but its answer is ignored. */
const runWithTimeout = (task: Task, data: Data, { scheduler, invoke }: Inside): Promise<InvocationOutcome> =>
  new Promise((resolve, reject) => {
    const alarm = scheduler.after(task.TimeoutSeconds * 1000, () =>
      resolve({ error: { Error: 'States.Timeout', Cause: '' } }),
    );
    invoke(task.Resource, data).then((outcome) => {
      scheduler.cancel(alarm);
      resolve(outcome);
    }, reject);
  });

/** Waits for the task token's output. The function's own answer counts only when it fails. The time-out covers the whole wait. */
const waitForToken = (
  { TimeoutSeconds }: Task,
  { FunctionName, Payload }: z.infer<typeof Parameters>,
  data: Data,
  { scheduler, tokens, execution, invoke }: Inside,
): Promise<InvocationOutcome> =>
  new Promise((resolve, reject) => {
    const settle = (outcome: InvocationOutcome) => {
      scheduler.cancel(alarm);
      tokens.close(token);
      resolve(outcome);
    };
    const timeOut = () => settle({ error: { Error: 'States.Timeout', Cause: '' } });
    const token = tokens.open(
      () => execution.status === 'RUNNING',
      (output) => settle({ result: output }),
      timeOut,
    );
    const alarm = scheduler.after(TimeoutSeconds * 1000, timeOut);
    const payload = Object.entries(Payload).map(([name, path]) => {
      const value = path === TASK_TOKEN ? token : valueAt(data, path);
      if (value === undefined) throw new ExecutionFailed(`States.Runtime: there is no ${path}`);
      return [name.slice(0, -'.$'.length), value];
    });
    invoke(FunctionName, Object.fromEntries(payload)).then((outcome) => {
      if ('error' in outcome) settle(outcome);
    }, reject);
  });

const delaySeconds = (retrier: Retrier, before: number, { random }: Scheduler): number => {
  const grown = retrier.IntervalSeconds * retrier.BackoffRate ** before;
  const delay = Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.JitterStrategy === 'FULL' ? random.next() * delay : delay;
};

/** `States.ALL` matches every error but those of the machine itself. */
const matches = (names: readonly string[], error: string): boolean =>
  names.some((name) => name === error || (name === 'States.ALL' && !NOT_IN_ALL.includes(error)));

const NOT_IN_ALL = ['States.DataLimitExceeded', 'States.Runtime'];

const valueAt = (data: Data, path: string): unknown => data[path.slice(2)];

const readData = (json: string): Data => z.record(z.string(), z.unknown()).parse(JSON.parse(json));
