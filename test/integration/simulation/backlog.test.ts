import { type Deployment, deploy } from '../../simulation/world/deployment.ts';
import { forgetKeys, installEnvironment } from '../../simulation/world/environment.ts';
import { Rush, type RushLimits, rushStage } from '../../support/rush.ts';

// Two hundred drops and job requests within a minute, in memory and in virtual time. At `few` the slots are
// scarce, at `slow` the rate. test/e2e/backlog.test.ts does the same with fewer jobs on the local cloud.

const limits: Record<string, RushLimits> = {
  few: { maxInFlight: 5, submitsPerMinute: 60 },
  slow: { maxInFlight: 100, submitsPerMinute: 60 },
};
const EACH = 100;
const MINUTE_MS = 60_000;
const mostMs: Record<string, number> = { few: 48 * MINUTE_MS, slow: 12 * MINUTE_MS };

let deployment: Deployment;
let uninstall: () => Promise<void>;

beforeAll(async () => {
  const stage = rushStage(limits);
  deployment = await deploy(stage);
  uninstall = installEnvironment(stage);
}, 60_000);
afterAll(() => uninstall());

// The provider refuses the key once each for some jobs in the middle.
const isRefused = (number: number): boolean => number >= 40 && number < 46;
// All drops come first. The later requests must not wait until all of these are done.
const numbers = Array.from({ length: EACH }, (_, number) => number);
const prompts = [
  ...numbers.map((number) => `Dropped ${number}.${isRefused(number) ? ' [[fault:401(1)]]' : ''}`),
  ...numbers.map((number) => `Ordered ${number}.`),
];

it.each(Object.entries(limits))(
  '%s: each job succeeds once, within the limits, and the owners alternate',
  async (id, limit) => {
    await forgetKeys(Object.keys(limits));
    const rush = new Rush(id, prompts, deployment);
    const { states, items, dead, postsWithoutIntent } = await rush.run();
    expect(states.map(({ status }) => status)).toEqual(Array(2 * EACH).fill('succeeded'));
    expect(states.filter(({ run }) => run > 1)).toHaveLength(1);
    expect([dead, postsWithoutIntent]).toEqual([[], 0]);

    // Each was submitted once.
    expect([...rush.taken].sort()).toEqual([...prompts].sort());

    // Never above either limit, refused submits included.
    expect(Math.max(...rush.sent.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(limit.maxInFlight);
    const times = rush.sent.map(({ atMs }) => atMs);
    for (const [index, time] of times.entries())
      expect((times[index + limit.submitsPerMinute] ?? Number.POSITIVE_INFINITY) - time).toBeGreaterThan(
        MINUTE_MS,
      );
    // And the limits are nearly used up: 200 minutes of five at a time, or a submit in 1.1 s, and six pauses for the key.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(mostMs[id] ?? 0);

    // From the first API request on both owners are served alike, until one has no more jobs.
    const since = rush.taken.slice(rush.taken.findIndex((prompt) => prompt.startsWith('Ordered')));
    const served = { drops: EACH * 2 - since.length, orders: 0 };
    const ahead = served.drops;
    for (const prompt of since) {
      served[prompt.startsWith('Dropped') ? 'drops' : 'orders'] += 1;
      if (Math.max(served.drops, served.orders) < EACH)
        expect(Math.abs(served.drops - ahead - served.orders)).toBeLessThanOrEqual(9);
    }
    expect(ahead).toBeLessThan(EACH / 2);
    expect(items.filter(({ pk }) => /^(SLOT|QUEUE)#/.test(String(pk)))).toEqual([]);
  },
  120_000,
);
