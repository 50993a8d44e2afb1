import { runCrowd } from '../../simulation/throttled/crowd.ts';
import { checkThrottledRuns } from '../../simulation/throttled/run.ts';
import { deploy } from '../../simulation/world/deployment.ts';
import { simulationStage } from '../../simulation/world/stage.ts';

// `npm run proof -- --throttled`, and what it sees without the retrier for throttling.

it('makes every video while a step is throttled for ten minutes, and of a thousand drops with ten functions at once', async () => {
  const found: unknown[] = [];
  let jobs = 0;
  await checkThrottledRuns('test', (checked) => {
    jobs += checked.jobs;
    if (checked.violations.length > 0) found.push(checked);
    return 'go on';
  });
  expect(found).toEqual([]);
  expect(jobs).toBe(1005);
}, 240_000);

it('loses drops without a retrier of throttling that lasts', async () => {
  const deployment = await deploy(simulationStage());
  const machine = structuredClone(deployment.machine);
  for (const state of Object.values(machine.States))
    if (state.Type === 'Task')
      for (const retrier of state.Retry)
        if (retrier.ErrorEquals.includes('Lambda.TooManyRequestsException')) retrier.MaxAttempts = 8;
  const crowd = { drops: 1000, functionsAtOnce: 10, seed: 'test' };
  // With 8 tries 418 of them.
  expect((await runCrowd({ deployment: { ...deployment, machine }, ...crowd })).lost).toBeGreaterThan(50);
}, 240_000);
