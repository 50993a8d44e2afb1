import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { checkMultiJobRuns } from './run.ts';
import { describeMultiJob } from './scenario.ts';
import type { MultiJobMessage } from './worker-client.ts';

// Multi-job runs have a stage of their own, and a process reads its stage once. So they run in a thread of their own.

const RawParameters = z.object({
  seed: z.string(),
  amount: z.union([
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

await checkMultiJobRuns({
  ...RawParameters.parse(workerData),
  onChecked({ scenario, violations, statuses, calls, injectedFaults }, trace) {
    const message: MultiJobMessage = {
      number: scenario.number,
      providerFault: scenario.providerFault.name,
      description: describeMultiJob(scenario),
      violations,
      statuses,
      calls,
      injectedFaults,
      trace,
    };
    parentPort?.postMessage(message);
    return isStopped ? 'stop' : 'go on';
  },
});
parentPort?.close();
