import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { isEnded } from '../core/job.ts';
import { type LocalCloud, startLocalCloud } from '../local/cloud.ts';
import { readJob } from '../local/job-reader.ts';
import { outputOf } from '../local/outputs.ts';
import { signedFetch } from '../local/signed-fetch.ts';

// What a backlog costs: jobs alone, and more of them at once than the provider takes, with and without limits in the settings.

const cases = {
  'no limits, 1 job': { jobs: 1, limits: {} },
  'no limits, 10 at once': { jobs: 10, limits: {} },
  'limits, 1 job': { jobs: 1, limits: { maxInFlight: 2, submitsPerMinute: 120 } },
  'limits, 10 at once': { jobs: 10, limits: { maxInFlight: 2, submitsPerMinute: 120 } },
};

/** Transitions of a job, with and without a backlog. Requests to the table are counted in test/lambdas/admit-jobs.test.ts. */
export const benchAdmission = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-bench-'));
  const rows: Record<string, unknown> = {};
  try {
    for (const [index, [name, { jobs, limits }]] of Object.entries(cases).entries()) {
      const cloud = await startLocalCloud({
        port: 4690 + index,
        baseFolder: folder,
        simulated: { seconds: 1 },
        providerSettings: { firstWaitSeconds: 2, pollStepSeconds: 2, ...limits },
      });
      try {
        rows[name] = await run(cloud, jobs);
      } finally {
        await cloud.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log('\nstate transitions of each job, on average, from the histories of the executions');
  console.table(rows);
};

const Order = z.object({ jobId: z.string() });

const run = async (cloud: LocalCloud, count: number): Promise<Record<string, unknown>> => {
  const bucket = outputOf(cloud.outputs, 'FrameBucketName');
  await cloud.clients.s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: 'frame.jpg', Body: readFileSync('examples/frame.jpg') }),
  );
  const jobIds = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const answer = await signedFetch(cloud.access, new URL(`${outputOf(cloud.outputs, 'ApiUrl')}/jobs`), {
        method: 'POST',
        body: JSON.stringify({ frame: { s3Uri: `s3://${bucket}/frame.jpg` }, prompt: `Job ${index}.` }),
      });
      return Order.parse(await answer.json()).jobId;
    }),
  );
  const states = [];
  for (const jobId of jobIds) states.push(await untilEnded(cloud, jobId));
  await sleep(1500);
  const entered = await Promise.all(jobIds.map((jobId) => statesEntered(cloud, jobId)));
  const perJob = (number: number) => Math.round((number / count) * 10) / 10;
  const polls = entered.flat().filter((state) => state === 'CheckJob').length;
  return {
    succeeded: states.filter((status) => status === 'succeeded').length,
    polls: perJob(polls),
    transitions: perJob(entered.flat().length),
    '4 + 3N': perJob(4 * count + 3 * polls),
    'for waiting': perJob(
      entered.flat().filter((state) => state === 'AwaitSlot' || state === 'WaitForTurn').length,
    ),
  };
};

const untilEnded = async (cloud: LocalCloud, jobId: string): Promise<string> => {
  for (let tries = 0; tries < 480; tries += 1) {
    const job = await readJob(cloud.clients.table, outputOf(cloud.outputs, 'JobTableName'), jobId);
    if (job && isEnded(job.state)) return job.state.status;
    await sleep(250);
  }
  throw new Error('A job did not end within two minutes.');
};

const statesEntered = async (cloud: LocalCloud, jobId: string): Promise<(string | undefined)[]> => {
  const arn = `${outputOf(cloud.outputs, 'StateMachineArn').replace(':stateMachine:', ':execution:')}:${jobId}-1`;
  const { events = [] } = await new SFNClient(cloud.access).send(
    new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000 }),
  );
  return events.flatMap(({ type, stateEnteredEventDetails }) =>
    type?.endsWith('StateEntered') ? [stateEnteredEventDetails?.name] : [],
  );
};
