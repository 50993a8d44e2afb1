import { type Deployment, deploy } from '../../simulation/world/deployment.ts';
import { forgetKeys, installEnvironment } from '../../simulation/world/environment.ts';
import { Rush, type RushLimits, rushStage } from '../../support/rush.ts';

// Two hundred drops and orders within a minute, in memory and in a time of its own. At `few` the slots are what there is too little
// of, at `slow` the pace. What the local cloud makes of fewer: test/e2e/backlog.test.ts.

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

// The key is refused for some of them, in the middle: each once.
const isRefused = (number: number): boolean => number >= 40 && number < 46;
// All drops come first: whoever came later must not wait until they are made.
const numbers = Array.from({ length: EACH }, (_, number) => number);
const prompts = [
  ...numbers.map((number) => `Dropped ${number}.${isRefused(number) ? ' [[fault:401(1)]]' : ''}`),
  ...numbers.map((number) => `Ordered ${number}.`),
];

it.each(Object.entries(limits))(
  '%s: all are made, once, within the limits, and the owners take turns',
  async (id, limit) => {
    await forgetKeys(Object.keys(limits));
    const rush = new Rush(id, prompts, deployment);
    const { states, items, dead, postsWithoutIntent } = await rush.run();
    expect(states.map(({ status }) => status)).toEqual(Array(2 * EACH).fill('succeeded'));
    expect(states.filter(({ run }) => run > 1)).toHaveLength(1);
    expect([dead, postsWithoutIntent]).toEqual([[], 0]);

    // Ordered once each.
    expect([...rush.taken].sort()).toEqual([...prompts].sort());

    // Never above either limit, refused orders included.
    expect(Math.max(...rush.sent.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(limit.maxInFlight);
    const times = rush.sent.map(({ atMs }) => atMs);
    for (const [index, time] of times.entries())
      expect((times[index + limit.submitsPerMinute] ?? Number.POSITIVE_INFINITY) - time).toBeGreaterThan(
        MINUTE_MS,
      );
    // And nearly all of what may be is used: 200 minutes of five at a time, or an order in 1.1 s, and six pauses for the key.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(mostMs[id] ?? 0);

    // From the first order on both are served alike, until one has no more.
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
