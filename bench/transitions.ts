import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { isEnded } from '../core/jobs/job.ts';
import { startLocalCloud } from '../local/cloud.ts';
import { dropImage } from '../local/drop.ts';
import { findJobByMetadata, readJob } from '../local/job-reader.ts';
import type { LocalCloud } from '../local/local-cloud.ts';
import { outputOf } from '../local/outputs.ts';

// A price of AWS in us-east-1: $0.025 for 1,000 transitions.
const MICROS_A_TRANSITION = 25;

/** State transitions of real jobs on the local cloud, with slower and slower gateways. The aim is 4 + 3N for N polls. */
export const benchTransitions = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-bench-'));
  const rows: Record<string, unknown> = {};
  try {
    for (const [index, seconds] of [1, 5, 9].entries()) {
      const cloud = await startLocalCloud({
        port: 4680 + index,
        baseFolder: folder,
        simulated: { seconds },
        providerSettings: { firstWaitSeconds: 4, pollStepSeconds: 4 },
      });
      try {
        rows[`gateway takes ${seconds} s`] = await countOne(cloud);
      } finally {
        await cloud.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log('\nstate transitions of one job, from the history of its execution');
  console.table(rows);
};

const countOne = async (cloud: LocalCloud): Promise<Record<string, unknown>> => {
  const { table, s3 } = cloud.clients;
  const tableName = outputOf(cloud.outputs, 'JobTableName');
  const { dropId } = await dropImage(
    s3,
    outputOf(cloud.outputs, 'InboxBucketName'),
    'examples/frame.jpg',
    {},
  );
  for (let tries = 0; tries < 240; tries += 1) {
    await sleep(250);
    const jobId = await findJobByMetadata(table, tableName, 'drop-id', dropId);
    const job = jobId === undefined ? undefined : await readJob(table, tableName, jobId);
    if (job && isEnded(job.state)) return count(cloud, `${job.state.jobId}-1`, job.state.status);
  }
  throw new Error('The job did not end within a minute.');
};

const count = async (cloud: LocalCloud, name: string, status: string): Promise<Record<string, unknown>> => {
  const arn = `${outputOf(cloud.outputs, 'StateMachineArn').replace(':stateMachine:', ':execution:')}:${name}`;
  // The execution ends a moment after the job's record.
  await sleep(1000);
  const { events = [] } = await new SFNClient(cloud.access).send(
    new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000 }),
  );
  const entered = events.flatMap(({ type, stateEnteredEventDetails }) =>
    type?.endsWith('StateEntered') ? [stateEnteredEventDetails?.name] : [],
  );
  const polls = entered.filter((state) => state === 'CheckJob').length;
  return {
    status,
    polls,
    transitions: entered.length,
    '4 + 3N': 4 + 3 * polls,
    µ$: entered.length * MICROS_A_TRANSITION,
    'history events': events.length,
  };
};
