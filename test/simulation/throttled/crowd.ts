import type { InvocationOutcome } from '../world/call.ts';
import type { Deployment } from '../world/deployment.ts';
import { THROTTLED } from '../world/functions.ts';
import { Random } from '../world/random.ts';
import { Scheduler } from '../world/scheduler.ts';
import { type Execution, walk } from '../world/state-machine.ts';
import { TaskTokens } from '../world/task-tokens.ts';

// A thousand drops at once in an account that runs ten functions at once, as a new one does. The machine is the template's; of the
// functions only their time counts.

/** How long each function runs, in milliseconds: measured at the simulated gateway, a video of 8 s. */
const DURATIONS: Readonly<Record<string, number>> = {
  'accept-upload': 2000,
  'prepare-job': 400,
  'submit-job': 1500,
  'check-job': 400,
  'store-video': 3000,
  'finish-job': 200,
};
const POLLS = 5;
const FIRST_WAIT_SECONDS = 45;
const POLL_SECONDS = 10;

export interface CrowdOptions {
  readonly deployment: Pick<Deployment, 'machine' | 'functionOfArn' | 'uploads'>;
  readonly drops: number;
  readonly functionsAtOnce: number;
  readonly seed: string;
}

export interface CrowdOutcome {
  readonly made: number;
  /** Ended by FinishJob, or not at all. */
  readonly lost: number;
  readonly throttled: number;
  readonly minutes: number;
}

/** SQS calls accept-upload at most so often at once (`lib/upload-trigger.ts`). */
const MOST_BATCHES = 5;
const DAY_MS = 86_400_000;

export const runCrowd = async (options: CrowdOptions): Promise<CrowdOutcome> => {
  const { deployment, drops, functionsAtOnce, seed } = options;
  const scheduler = new Scheduler(0, new Random(seed));
  const tokens = new TaskTokens();
  const executions: Execution[] = [];
  const polls = new Map<unknown, number>();
  let running = 0;
  let throttled = 0;
  let endedAtMs = 0;

  const answerOf = (name: string, jobId: unknown) => {
    const done = (polls.get(jobId) ?? 0) + 1;
    if (name === 'check-job') polls.set(jobId, done);
    if (name === 'prepare-job') return { next: 'submit', waitSeconds: 0 };
    if (name === 'submit-job') return { next: 'wait', waitSeconds: FIRST_WAIT_SECONDS };
    if (name === 'check-job' && done < POLLS) return { next: 'wait', waitSeconds: POLL_SECONDS };
    return { next: name === 'check-job' ? 'store' : 'end', waitSeconds: 0 };
  };
  const run = async (name: string): Promise<boolean> => {
    if (running >= functionsAtOnce) {
      throttled += 1;
      return false;
    }
    running += 1;
    await scheduler.sleep(DURATIONS[name] ?? 0);
    running -= 1;
    return true;
  };
  const invoke = async (
    resource: string,
    payload: Readonly<Record<string, unknown>>,
  ): Promise<InvocationOutcome> => {
    const name = deployment.functionOfArn(resource);
    if (!(await run(name))) return THROTTLED;
    return { result: { jobId: payload.jobId, run: 1, ...answerOf(name, payload.jobId) } };
  };
  const start = async (number: number): Promise<void> => {
    const input = JSON.stringify({ jobId: `job${number}`, run: 1 });
    const execution: Execution = { name: `job${number}-1`, input, status: 'RUNNING', history: [], events: 0 };
    executions.push(execution);
    await walk(deployment.machine, execution, { scheduler, tokens, invoke });
    endedAtMs = scheduler.now;
  };
  const waiting = Array.from({ length: drops }, (_, number) => number);
  const receive = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, deployment.uploads.batchSize);
      // A throttled batch comes back to the queue.
      while (!(await run('accept-upload'))) await scheduler.sleep(1000);
      for (const number of batch) void start(number);
    }
  };
  for (let number = 0; number < MOST_BATCHES; number += 1) void receive();
  await scheduler.run(DAY_MS);

  const isMade = ({ status, history }: Execution) =>
    status === 'SUCCEEDED' && !history.some(({ state }) => state === 'FinishJob');
  const made = executions.filter(isMade).length;
  return { made, lost: drops - made, throttled, minutes: Math.ceil(endedAtMs / 60_000) };
};
