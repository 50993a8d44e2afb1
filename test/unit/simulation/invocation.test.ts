import { place } from '../../simulation/world/context.ts';
import { type Accident, type CallNote, Invocation } from '../../simulation/world/invocation.ts';
import { Random } from '../../simulation/world/random.ts';
import { Simulation } from '../../simulation/world/scheduler.ts';

/** A function of three calls to the outside, with an accident at the second. */
const run = async (accident: Accident) => {
  const simulation = new Simulation(0, new Random('1'));
  const calls: CallNote[] = [];
  const effects: string[] = [];
  const fate = {
    at: ({ number }: CallNote) => (number === 1 ? accident : undefined),
    befall: async () => {
      await simulation.sleep(1000);
      effects.push('befallen');
    },
  };
  const invocation = new Invocation({ functionName: 'f', number: 0, isOfOldRun: false }, fate, calls);
  await place.run({ simulation, invocation }, async () => {
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
    await simulation.run(3_600_000);
  });
  return { effects, outcome: await invocation.outcome };
};

it.each<[Accident, string[], unknown]>([
  ['dies-before', ['first'], { error: expect.objectContaining({ Error: 'Runtime.ExitError' }) }],
  ['dies-after', ['first', 'second'], { error: expect.objectContaining({ Error: 'Runtime.ExitError' }) }],
  ['fails-before', ['first'], { error: { Error: 'Error', Cause: 'second failed' } }],
  ['fails-after', ['first', 'second'], { error: { Error: 'Error', Cause: 'second failed' } }],
  ['restarted', ['first', 'befallen', 'second', 'third'], { result: 'done' }],
  ['interrupted', ['first', 'befallen', 'second', 'third'], { result: 'done' }],
])('%s: what was done, and what the caller hears', async (accident, effects, outcome) => {
  expect(await run(accident)).toEqual({ effects, outcome });
});

it('goes on after its caller has given it up', async () => {
  const { effects, outcome } = await run('given-up');
  expect(effects).toEqual(['first', 'second', 'third']);
  expect(outcome).toMatchObject({ error: { Error: 'Lambda.ClientExecutionTimeoutException' } });
});
