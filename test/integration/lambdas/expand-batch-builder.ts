import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { acceptBatch, BatchState } from '../../../core/batches/batch.ts';
import { batchJobId } from '../../../core/kernel/ids.ts';
import type { handler as Handler } from '../../../lambdas/expand-batch.ts';
import type * as Store from '../../../lambdas/shared/table/batch-store.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { type CrashingProxy, startCrashingProxy } from '../../support/crashing-proxy.ts';
import { itemsOf } from '../../support/job-items.ts';
import { runtimeSettings } from '../../support/jobs.ts';
import { context, sqsMessage } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';

export let aws: TestAws;
export let handler: typeof Handler;
export let store: typeof Store;
export let proxy: CrashingProxy;
export const sqs = () => new SQSClient({});
export const QueueUrl = () => process.env.BATCH_QUEUE_URL ?? '';

/** ExpandBatch behind a wire that can break, for the tests of one file: call it before they are declared. */
export const setUpBatches = (): void => {
  beforeAll(async () => {
    aws = await startAws(runtimeSettings({ batches: { rowsPerSecond: 200 } }));
    proxy = await startCrashingProxy(process.env.AWS_ENDPOINT_URL ?? '');
    // A crash is a crash: nobody asks again.
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: proxy.endpoint,
      AWS_MAX_ATTEMPTS: '1',
      BATCH_QUEUE_URL: `${proxy.endpoint}${new URL(QueueUrl()).pathname}`,
    });
    ({ handler } = await import('../../../lambdas/expand-batch.ts'));
    store = await import('../../../lambdas/shared/table/batch-store.ts');
    await aws.put('shoe.png', png(), {}, buckets.frames);
  }, 120_000);
  afterAll(async () => {
    await proxy.stop();
    await aws.stop();
  });
  beforeEach(() => proxy.heal());
};

export let count = 0;
/** A batch with this manifest, as the API leaves it. */
export const batchOf = async (text: string, changes: Partial<BatchState> = {}): Promise<string> => {
  count += 1;
  const batchId = `batch${count}`;
  const key = `manifests/${batchId}.csv`;
  await aws.put(key, text, {}, buckets.frames);
  const etag = await aws.etag(key, buckets.frames);
  await store.createBatch({
    ...acceptBatch(
      { batchId, owner: 'Shop', requestHash: 'hash', manifest: { bucket: buckets.frames, key, etag } },
      new Date().toISOString(),
    ),
    ...changes,
  });
  return batchId;
};

export const message = (batchId: string, receives = 1) => ({
  Records: [sqsMessage(JSON.stringify({ batchId }), receives)],
});
export const inTime = { ...context, getRemainingTimeInMillis: () => 60_000 };
export const expand = (batchId: string, receives?: number) => handler(message(batchId, receives), inTime);

export const stateOf = async (batchId: string): Promise<BatchState> => {
  const items = await itemsOf(`BATCH#${batchId}`);
  return BatchState.parse(items.find(({ sk }) => sk === 'STATE'));
};
export const refusedLines = async (batchId: string) =>
  (await itemsOf(`BATCH#${batchId}`))
    .filter(({ sk }) => sk !== 'STATE')
    .map(({ line }) => z.number().parse(line));
export const jobsOf = async (batchId: string, lines: readonly number[]) => {
  const found = await Promise.all(
    lines.map(async (line) => ({ line, items: await aws.items(batchJobId(batchId, line)) })),
  );
  return found.filter(({ items }) => items.STATE);
};
export const started = async () => {
  const { executions = [] } = await aws.sfn.send(
    new ListExecutionsCommand({ stateMachineArn: aws.stateMachineArn }),
  );
  return executions.map(({ name }) => name);
};
