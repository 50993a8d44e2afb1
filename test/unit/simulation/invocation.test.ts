import type { Call, Fault } from '../../simulation/world/call.ts';
import { simulatedContext } from '../../simulation/world/context.ts';
import { Invocation } from '../../simulation/world/invocation.ts';
import { Random } from '../../simulation/world/random.ts';
import { Scheduler } from '../../simulation/world/scheduler.ts';

/** A function with three calls to the outside and a fault at the second. */
const run = async (fault: Fault) => {
  const scheduler = new Scheduler(0, new Random('1'));
  const calls: Call[] = [];
  const effects: string[] = [];
  const faults = {
    at: ({ number }: Call) => (number === 1 ? fault : undefined),
    inject: async () => {
      await scheduler.sleep(1000);
      effects.push('injected');
    },
  };
  const invocation = new Invocation(
    { functionName: 'f', number: 0, isOfOldRun: false },
    scheduler,
    faults,
    calls,
  );
  await simulatedContext.run({ scheduler, invocation }, async () => {
    const call = (what: string) =>
      invocation.call(
        what,
        () => effects.push(what),
        () => new Error(`${what} failed`),
      );
    const work = async () => {
      for (const what of ['first', 'second', 'third']) await call(what);
      return 'done';
    };
    work().then(
      (result) => invocation.settle({ result }),
      ({ message }: Error) => invocation.settle({ error: { Error: 'Error', Cause: message } }),
    );
    await scheduler.run(3_600_000);
  });
  return { effects, outcome: await invocation.outcome };
};

it.each<[Fault, string[], unknown]>([
  ['dies-before', ['first'], { error: expect.objectContaining({ Error: 'Runtime.ExitError' }) }],
  ['dies-after', ['first', 'second'], { error: expect.objectContaining({ Error: 'Runtime.ExitError' }) }],
  ['fails-before', ['first'], { error: { Error: 'Error', Cause: 'second failed' } }],
  ['fails-after', ['first', 'second'], { error: { Error: 'Error', Cause: 'second failed' } }],
  ['restarted', ['first', 'injected', 'second', 'third'], { result: 'done' }],
  ['interrupted', ['first', 'injected', 'second', 'third'], { result: 'done' }],
])('%s: what was done, and what the caller hears', async (fault, effects, outcome) => {
  expect(await run(fault)).toEqual({ effects, outcome });
});

it('goes on after its caller has given it up', async () => {
  const { effects, outcome } = await run('given-up');
  expect(effects).toEqual(['first', 'second', 'third']);
  expect(outcome).toMatchObject({ error: { Error: 'Lambda.ClientExecutionTimeoutException' } });
});
