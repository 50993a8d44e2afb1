import type { InvocationOutcome } from '../../simulation/world/call.ts';
import { simulatedContext } from '../../simulation/world/context.ts';
import { Random } from '../../simulation/world/random.ts';
import { Scheduler } from '../../simulation/world/scheduler.ts';
import { type Execution, StateMachine, walk } from '../../simulation/world/state-machine.ts';
import { TaskTokens } from '../../simulation/world/task-tokens.ts';

const START = Date.parse('2026-01-01T00:00:00Z');

const failed = (name: string): InvocationOutcome => ({ error: { Error: name, Cause: 'because' } });
const done = (result: unknown): InvocationOutcome => ({ result });

const retryLambdaService = {
  ErrorEquals: ['Lambda.ServiceException'],
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxAttempts: 3,
  MaxDelaySeconds: 5,
};
const retryAny = { ErrorEquals: ['States.ALL'], IntervalSeconds: 10, BackoffRate: 1, MaxAttempts: 2 };

const machine = StateMachine.parse({
  StartAt: 'Work',
  States: {
    Work: {
      Type: 'Task',
      Resource: 'work',
      TimeoutSeconds: 60,
      Retry: [retryLambdaService, retryAny],
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Help' }],
      Next: 'IsDone',
    },
    IsDone: {
      Type: 'Choice',
      Choices: [{ Variable: '$.next', StringEquals: 'wait', Next: 'Pause' }],
      Default: 'Help',
    },
    Pause: { Type: 'Wait', SecondsPath: '$.waitSeconds', Next: 'Work' },
    Help: { Type: 'Task', Resource: 'help', End: true },
  },
});

/** Walks the machine with these answers, one for each call; notes when each call came, in seconds. */
const walked = async (...answers: (InvocationOutcome | 'silence')[]) => {
  const scheduler = new Scheduler(START, new Random('1'));
  const execution: Execution = {
    name: 'x',
    input: '{"next":"x"}',
    status: 'RUNNING',
    history: [],
    events: 0,
  };
  const calls: { at: number; resource: string; payload: unknown }[] = [];
  await simulatedContext.run({ scheduler }, async () => {
    void walk(machine, execution, {
      scheduler,
      tokens: new TaskTokens(),
      invoke: (resource, payload) => {
        calls.push({ at: Math.round((scheduler.now - START) / 1000), resource, payload });
        const answer = answers[calls.length - 1] ?? done({});
        return answer === 'silence' ? new Promise(() => undefined) : Promise.resolve(answer);
      },
    });
    await scheduler.run(START + 86_400_000);
  });
  return {
    execution,
    calls,
    times: calls.map(({ at }) => at),
    states: execution.history.map(({ state }) => state),
  };
};

it('goes by the answers', async () => {
  const { execution, states, times } = await walked(
    done({ next: 'wait', waitSeconds: 30 }),
    done({ next: 'wait', waitSeconds: 0 }),
    done({ next: 'x' }),
    done({}),
  );
  expect(states).toEqual(['Work', 'IsDone', 'Pause', 'Work', 'IsDone', 'Pause', 'Work', 'IsDone', 'Help']);
  expect(times).toEqual([0, 30, 30, 30]);
  expect(execution.status).toBe('SUCCEEDED');
});

it('retries each kind of trouble on its own terms, and enters the state once', async () => {
  const { states, times } = await walked(
    failed('Lambda.ServiceException'),
    failed('Lambda.ServiceException'),
    failed('Oops'),
    failed('Lambda.ServiceException'),
    failed('Oops'),
    done({ next: 'x' }),
  );
  // 2, 4, then 10 for any trouble, 5 (not 8: the longest), 10.
  expect(times.slice(0, 6)).toEqual([0, 2, 6, 16, 21, 31]);
  expect(states).toEqual(['Work', 'IsDone', 'Help']);
});

it('catches what is left, with the input and the error', async () => {
  const { calls, states } = await walked(failed('Oops'), failed('Oops'), failed('Oops'));
  expect(states).toEqual(['Work', 'Help']);
  expect(calls.at(-1)?.payload).toEqual({ next: 'x', error: { Error: 'Oops', Cause: 'because' } });
});

it('gives a task its time', async () => {
  const { times } = await walked('silence', done({ next: 'x' }));
  expect(times.slice(0, 2)).toEqual([0, 70]);
});

it.each([
  ['a wait that is no number', [done({ next: 'wait', waitSeconds: '30' })], /cannot wait "30"/],
  ['a choice without its field', [done({})], /finds no \$.next/],
  ['a task nobody catches', [done({ next: 'x' }), failed('Oops')], /Oops: because/],
  ['the runtime itself', [failed('States.Runtime')], /States.Runtime/],
])('fails the execution: %s', async (_what, answers, error) => {
  const { execution } = await walked(...answers);
  expect(execution).toMatchObject({ status: 'FAILED', error: expect.stringMatching(error) });
});

it.each([
  ['a field of a state', { ...machine.States.Pause, Comment: 'x' }],
  ['a kind of state', { Type: 'Parallel', Branches: [] }],
  ['a comparison', { Type: 'Choice', Choices: [{ Variable: '$.n', NumericEquals: 1, Next: 'Work' }] }],
])('refuses to walk what it does not know: %s', (_what, state) => {
  const changed = { ...machine, States: { ...machine.States, Pause: state } };
  expect(StateMachine.safeParse(changed).success).toBe(false);
});

describe('a wait for the word', () => {
  const waiting = StateMachine.parse({
    StartAt: 'Wait',
    States: {
      Wait: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Parameters: {
          FunctionName: 'stand-in-line',
          Payload: { 'who.$': '$.who', 'token.$': '$$.Task.Token' },
        },
        TimeoutSeconds: 100,
        Catch: [
          { ErrorEquals: ['States.Timeout'], ResultPath: '$.error', Next: 'Wait' },
          { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Help' },
        ],
        Next: 'Done',
      },
      Help: { Type: 'Task', Resource: 'help', End: true },
      Done: { Type: 'Task', Resource: 'done', End: true },
    },
  });

  /** Gives the word so many seconds after each call, and once more a second later. */
  const waited = async (answer: InvocationOutcome, ...wordsAfter: readonly number[]) => {
    const scheduler = new Scheduler(START, new Random('1'));
    const execution: Execution = {
      name: 'x',
      input: '{"who":"me"}',
      status: 'RUNNING',
      history: [],
      events: 0,
    };
    const tokens = new TaskTokens();
    const told: string[] = [];
    const payloads: unknown[] = [];
    await simulatedContext.run({ scheduler }, async () => {
      void walk(waiting, execution, {
        scheduler,
        tokens,
        invoke: async (resource, payload) => {
          if (resource !== 'stand-in-line') return done(payload);
          const after = wordsAfter[payloads.length];
          payloads.push(payload);
          const [token] = tokens.awaited;
          for (const seconds of after === undefined ? [] : [after, after + 1])
            scheduler.after(
              seconds * 1000,
              () => void told.push(tokens.succeed(String(token), { who: 'them' })),
            );
          return answer;
        },
      });
      await scheduler.run(START + 3_600_000);
    });
    return { told, payloads, last: execution.history.at(-1), status: execution.status };
  };

  it('carries what was sent with the word; a second word comes too late', async () => {
    expect(await waited(done(null), 5)).toEqual({
      told: ['resumed', 'timed out'],
      payloads: [{ who: 'me', token: expect.any(String) }],
      last: { state: 'Done', input: '{"who":"them"}' },
      status: 'SUCCEEDED',
    });
  });

  it('waits anew after its time, with another token', async () => {
    const { told, payloads, last } = await waited(done(null), 150, 5);
    expect(told).toEqual(['resumed', 'timed out', 'timed out', 'timed out']);
    expect(new Set(payloads.map((payload) => JSON.stringify(payload))).size).toBe(2);
    expect(last?.state).toBe('Done');
  });

  it('fails with its function', async () => {
    expect((await waited(failed('Oops'))).last?.state).toBe('Help');
  });

  it.each([
    ['another integration', { Resource: 'arn:aws:states:::sqs:sendMessage' }],
    ['parameters of a plain call', { Resource: 'work' }],
    ['another value', { Parameters: { FunctionName: 'x', Payload: { 'name.$': '$$.State.Name' } } }],
  ])('refuses %s', (_what, change) => {
    const changed = {
      ...waiting,
      States: { ...waiting.States, Wait: { ...waiting.States.Wait, ...change } },
    };
    expect(StateMachine.safeParse(changed).success).toBe(false);
  });
});
