import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { followJob } from '../../../cli/follow.ts';
import { acceptBatch } from '../../../core/batches/batch.ts';
import { findJobsSince, readJob, showJob } from '../../../local/job-reader.ts';
import { watchNewJobs } from '../../../local/watch-jobs.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { putItem, putJob } from '../../support/job-items.ts';
import { acceptedState, jobRequest, providerSettings, runtimeSettings } from '../../support/jobs.ts';

// What npm start watches is a table with more in it than jobs.

let aws: TestAws;
let table: DynamoDBDocumentClient;
const tableName = () => process.env.JOB_TABLE ?? '';
const since = '2026-01-01T00:00:00.000Z';
const createdAt = '2026-01-01T00:00:05.000Z';

beforeAll(async () => {
  aws = await startAws(runtimeSettings({ providers: { simulated: providerSettings() } }));
  table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
}, 120_000);
const leaving = new AbortController();
afterAll(() => {
  leaving.abort();
  return aws.stop();
});

const until = async (isThere: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 100 && !isThere(); tries += 1) await sleep(100);
};

const job = (jobId: string) => putJob(acceptedState({ jobId, createdAt }), jobRequest());
/** An item beside the jobs whose sort key is that of a job's state. */
const batch = () =>
  putItem({
    pk: 'BATCH#b1',
    sk: 'STATE',
    ...acceptBatch(
      {
        ...{ batchId: 'b1', owner: 'ann', requestHash: 'hash' },
        manifest: { bucket: 'frames', key: 'boats.csv', etag: 'etag' },
      },
      createdAt,
    ),
  });

test('a batch, or an item of a kind that is not known here, is no job, and the watch goes on', async () => {
  const [seen, errors]: [string[], unknown[]] = [[], []];
  const watching = watchNewJobs(
    { table, tableName: tableName(), signal: leaving.signal },
    new Date(since),
    new Set(['known']),
    { onJob: ({ jobId }) => seen.push(jobId), onError: (error) => errors.push(error) },
  );
  await batch();
  await putItem({ pk: 'TOMORROW#1', sk: 'STATE', createdAt });
  await putItem({ pk: 'TOMORROW#1', sk: 'EVENT#000001', createdAt });
  await job('first');
  await job('known');
  await until(() => seen.length === 1);
  await job('second');
  await until(() => seen.length === 2);
  expect(seen).toEqual(['first', 'second']);
  leaving.abort();
  await watching;
  expect(errors).toEqual([]);
  const found = await findJobsSince(table, tableName(), since);
  expect(found.map(({ jobId }) => jobId).sort()).toEqual(['first', 'known', 'second']);
}, 30_000);

test('a job is shown as the API shows it, and followed by the module that the command line uses', async () => {
  const failure = {
    code: 'CONTENT_FILTERED' as const,
    message: 'Withheld.',
    advice: 'Change the prompt.',
    charged: 'no' as const,
  };
  await putJob(acceptedState({ jobId: 'ended', createdAt, status: 'failed', failure }), jobRequest());
  await putItem({
    ...{ pk: 'J#ended', sk: 'EVENT#000001', schemaVersion: 1, eventId: 'ended:1', sequence: 1 },
    ...{ type: 'Video Job Failed', jobId: 'ended', run: 1, owner: 'drop', status: 'failed' },
    ...{ actor: 'startframe', at: '2026-01-01T00:00:07.500Z', metadata: {} },
  });
  const lines: string[] = [];
  const shown = await followJob({ showJob: (id) => showJob(table, tableName(), id) }, 'ended', {
    say: (line) => lines.push(line),
    since: '2026-01-01T00:00:04.000Z',
    label: 'boat.png',
  });
  expect(shown).toMatchObject({ jobId: 'ended', status: 'failed', failure, scene: 'image-to-video' });
  expect(lines).toEqual(['       3.5 s  boat.png  Failed  CONTENT_FILTERED']);
});

test('there is nothing where there is no job, or no job any more', async () => {
  expect(await readJob(table, tableName(), 'nobody')).toBeUndefined();
  await putItem({ pk: 'J#deleted', sk: 'STATE', deletedAt: createdAt });
  expect(await readJob(table, tableName(), 'deleted')).toBeUndefined();
  await expect(showJob(table, tableName(), 'deleted')).rejects.toThrow('Job deleted is not there');
});
