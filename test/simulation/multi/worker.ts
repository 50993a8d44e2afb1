import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { proveCrowds } from './run.ts';
import { describeCrowd } from './scenario.ts';
import type { CrowdMessage } from './worker-client.ts';

// Crowds have a stage of their own, and a process reads its stage once: so they have a thread of their own, beside the jobs.

const RawParameters = z.object({
  seed: z.string(),
  crowds: z.union([
    z.object({ count: z.number() }),
    z.object({ jobs: z.number() }),
    z.object({ races: z.string() }),
  ]),
  only: z.number().optional(),
});

let isStopped = false;
parentPort?.on('message', () => {
  isStopped = true;
});

await proveCrowds({
  ...RawParameters.parse(workerData),
  onProven({ plan, violations, statuses, calls, accidents }, story) {
    const message: CrowdMessage = {
      number: plan.number,
      trouble: plan.trouble.name,
      description: describeCrowd(plan),
      violations,
      statuses,
      calls,
      accidents,
      story,
    };
    parentPort?.postMessage(message);
    return isStopped ? 'stop' : 'go on';
  },
});
parentPort?.close();
