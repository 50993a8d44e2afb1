import type { DynamoDBRecord } from 'aws-lambda';
import type { JobRequest, JobState } from '../../../core/jobs/job.ts';
import type { handler as Admit } from '../../../lambdas/admit-jobs.ts';
import type { handler as Await } from '../../../lambdas/await-slot.ts';
import type { handler as Check } from '../../../lambdas/check-job.ts';
import type { handler as Finish } from '../../../lambdas/finish-job.ts';
import type { handler as Prepare } from '../../../lambdas/prepare-job.ts';
import type * as Operate from '../../../lambdas/shared/jobs/job-operations.ts';
import type * as Sweep from '../../../lambdas/shared/queue/sweep-queue.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { forgetProvider, itemsOf, putJob } from '../../support/job-items.ts';
import { acceptedState, jobRequest, providerSettings, runtimeSettings } from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';
import { type ProviderServer, startProvider } from '../../support/provider-server.ts';
import { startWaitingWorkflow, type WaitingWorkflow } from '../../support/waiting.ts';

// The queue of a provider with three slots, with several functions at work on it at once.

export const MAX_IN_FLIGHT = 3;

export let aws: TestAws;
export let provider: ProviderServer;
export let workflow: WaitingWorkflow;
export let prepare: typeof Prepare;
export let awaitSlot: typeof Await;
export let check: typeof Check;
export let finish: typeof Finish;
let admit: typeof Admit;
export let sweep: typeof Sweep;
export let operate: typeof Operate;

/** The functions of the queue, for the tests of one file: call it before they are declared. */
export const setUpQueue = (): void => {
  beforeAll(async () => {
    provider = await startProvider();
    const gateway = { submitBaseUrl: provider.url, allowPrivateAddresses: true };
    aws = await startAws(
      runtimeSettings({
        providers: {
          simulated: providerSettings({ ...gateway, maxInFlight: MAX_IN_FLIGHT, confirmFailure: false }),
          paced: providerSettings({ ...gateway, submitsPerMinute: 12 }),
          free: providerSettings(gateway),
        },
      }),
    );
    workflow = await startWaitingWorkflow(aws.sfn);
    ({ handler: prepare } = await import('../../../lambdas/prepare-job.ts'));
    ({ handler: awaitSlot } = await import('../../../lambdas/await-slot.ts'));
    ({ handler: check } = await import('../../../lambdas/check-job.ts'));
    ({ handler: finish } = await import('../../../lambdas/finish-job.ts'));
    ({ handler: admit } = await import('../../../lambdas/admit-jobs.ts'));
    sweep = await import('../../../lambdas/shared/queue/sweep-queue.ts');
    operate = await import('../../../lambdas/shared/jobs/job-operations.ts');
  }, 120_000);
  afterAll(async () => {
    await provider.close();
    await aws.stop();
  });
  beforeEach(async () => {
    for (const id of ['simulated', 'paced', 'free']) await forgetProvider(id);
  });
};

let count = 0;
export const given = async (
  changes: Partial<JobState> = {},
  request: Partial<JobRequest> = {},
): Promise<string> => {
  count += 1;
  const jobId = `job${count}`;
  await putJob(
    { ...acceptedState(), createdAt: new Date().toISOString(), ...changes, jobId },
    jobRequest(request),
  );
  return jobId;
};

/** A job whose frame is in the inbox. */
export const withFrame = async (changes: Partial<JobState> = {}): Promise<string> => {
  const jobId = await given(changes);
  const key = `${jobId}.png`;
  const versionId = await aws.put(key, png(320, 180));
  await putJob(await stateOf(jobId), jobRequest({ startFrame: { bucket: buckets.inbox, key, versionId } }));
  return jobId;
};

export const stateOf = async (jobId: string): Promise<JobState> =>
  // The item is the one that the code under test wrote.
  (await aws.items(jobId)).STATE as unknown as JobState;
export const slots = () => itemsOf('SLOT#simulated');
export const queue = () => itemsOf('QUEUE#simulated');
export const jobIds = (items: readonly Record<string, unknown>[]) => items.map(({ jobId }) => jobId);
export const told = (pk: string) =>
  admit({ Records: [{ dynamodb: { Keys: { pk: { S: pk }, sk: { S: 'x' } } } } satisfies DynamoDBRecord] });
export const waits = async (
  changes: Partial<JobState> = {},
  request: Partial<JobRequest> = {},
): Promise<string> => {
  const jobId = await given(changes, request);
  const { run } = await stateOf(jobId);
  await awaitSlot({ jobId, run, token: `token-${jobId}` }, context);
  return jobId;
};
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
