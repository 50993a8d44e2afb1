import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { JobState } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import type { handler as Repair } from '../../../lambdas/repair-job.ts';
import type { handler as Sweep } from '../../../lambdas/sweep-jobs.ts';
import { startAws, type TestAws, uniqueName } from '../../support/aws.ts';
import { type LivingWorkflow, startLivingWorkflow } from '../../support/executions.ts';
import { putJob } from '../../support/job-items.ts';
import { jobRequest, runtimeSettings } from '../../support/jobs.ts';

export let aws: TestAws;
export let workflow: LivingWorkflow;
export let sweep: typeof Sweep;
export let repair: typeof Repair;
export let sqs: SQSClient;
export let queue: string;
export let table: DynamoDBDocumentClient;

/** A bus whose events arrive in `queue`. */
const startBus = async (): Promise<void> => {
  const bus = uniqueName('test-bus');
  const bridge = new EventBridgeClient({});
  sqs = new SQSClient({});
  ({ QueueUrl: queue = '' } = await sqs.send(new CreateQueueCommand({ QueueName: uniqueName('events') })));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['QueueArn'] }),
  );
  await bridge.send(new CreateEventBusCommand({ Name: bus }));
  const rule = { Name: 'all', EventBusName: bus };
  await bridge.send(
    new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ['startframe'] }) }),
  );
  await bridge.send(
    new PutTargetsCommand({
      Rule: 'all',
      EventBusName: bus,
      Targets: [{ Id: 'q', Arn: Attributes?.QueueArn }],
    }),
  );
  process.env[Env.eventBus] = bus;
};

/** The sweeper, the repair of executions, and a bus, for the tests of one file: call it before they are declared. */
export const setUpSweeper = (): void => {
  beforeAll(async () => {
    aws = await startAws(runtimeSettings());
    workflow = await startLivingWorkflow(aws.sfn);
    table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
    await startBus();
    ({ handler: sweep } = await import('../../../lambdas/sweep-jobs.ts'));
    ({ handler: repair } = await import('../../../lambdas/repair-job.ts'));
  }, 120_000);
  afterAll(() => aws.stop());
};

// Every job of these tests has been due since the first of January.
let count = 0;
export const given = async (state: JobState, executions: Record<string, 'RUNNING' | 'ABORTED'> = {}) => {
  count += 1;
  const jobId = `sweep${count}`;
  for (const [run, status] of Object.entries(executions)) {
    await workflow.start(`${jobId}${run}`);
    if (status === 'ABORTED') await workflow.stop(`${jobId}${run}`);
  }
  await putJob({ ...state, jobId }, jobRequest());
  return jobId;
};
export const stateOf = async (jobId: string) => (await aws.items(jobId)).STATE;
export const isLater = (dueAt: unknown) => String(dueAt) > new Date().toISOString();
