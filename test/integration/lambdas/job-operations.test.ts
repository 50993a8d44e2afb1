import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { z } from 'zod';
import { cancelBeforeSubmit } from '../../../core/jobs/cancel.ts';
import { fail } from '../../../core/jobs/ending.ts';
import type { Job, JobState } from '../../../core/jobs/job.ts';
import { newAttempt, type SubmitAttempt } from '../../../core/jobs/submit-ledger.ts';
import { recordTask, recordUnknownSubmit } from '../../../core/jobs/transitions.ts';
import type { handler as Handler } from '../../../lambdas/job-api.ts';
import type * as Store from '../../../lambdas/shared/table/job-store.ts';
import type * as Loading from '../../../lambdas/shared/table/load-job.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { type LivingWorkflow, startLivingWorkflow } from '../../support/executions.ts';
import { putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  jobRequest,
  providerSettings,
  runningState,
  runtimeSettings,
  storingState,
  submittingState,
  T0,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';

let aws: TestAws;
let workflow: LivingWorkflow;
let handler: typeof Handler;
let store: typeof Store;
let loadJob: typeof Loading.loadJob;

const owner = '111122223333:role/Shop';
const shop = 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc';
const onCall = 'arn:aws:sts::111122223333:assumed-role/OnCall/anna';
const stranger = 'arn:aws:iam::111122223333:user/somebody';

beforeAll(async () => {
  aws = await startAws(runtimeSettings({ admins: ['111122223333:role/OnCall'] }));
  workflow = await startLivingWorkflow(aws.sfn);
  ({ handler } = await import('../../../lambdas/job-api.ts'));
  store = await import('../../../lambdas/shared/table/job-store.ts');
  ({ loadJob } = await import('../../../lambdas/shared/table/load-job.ts'));
}, 120_000);
afterAll(() => aws.stop());

let count = 0;
const given = async (state: JobState, attempt?: SubmitAttempt): Promise<string> => {
  count += 1;
  const jobId = `job${count}`;
  await workflow.start(`${jobId}-1`);
  await putJob({ ...state, owner, jobId }, jobRequest(), attempt);
  return jobId;
};

const Body = z.looseObject({ title: z.string().optional(), detail: z.string().optional() });

const call = async (operation: 'cancel' | 'redrive', id: string, body?: unknown, userArn = shop) => {
  const routeKey = `POST /jobs/{id}/${operation}`;
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey,
    rawPath: `/jobs/${id}/${operation}`,
    rawQueryString: '',
    headers: {},
    requestContext: {
      accountId: '111122223333',
      apiId: 'api',
      domainName: 'api.example',
      domainPrefix: 'api',
      http: { method: 'POST', path: '', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request',
      routeKey,
      stage: '$default',
      time: '',
      timeEpoch: 0,
      // API Gateway adds it for IAM; the types know it for JWT only.
      ...{ authorizer: { iam: { userArn } } },
    },
    isBase64Encoded: false,
    pathParameters: { id },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const answer = await handler(event, context);
  return { status: answer.statusCode, body: Body.parse(JSON.parse(answer.body ?? '')) };
};
const stateOf = async (jobId: string) => (await aws.items(jobId)).STATE;

const unanswered = newAttempt(1, 'hash', T0);
const unknown = () => recordUnknownSubmit(submittingState(), 'SUBMIT_UNANSWERED', T0).state;
const failed = (state: JobState, charged: 'yes' | 'no' | 'unknown') =>
  fail(state, { code: 'PROVIDER_FAILED', message: 'm', advice: 'a', charged }, T0).state;

describe('cancel', () => {
  it('ends a job before its order, and shows who did it', async () => {
    const jobId = await given(acceptedState());
    expect(await call('cancel', jobId)).toMatchObject({
      status: 202,
      body: {
        status: 'cancelled',
        cancelRequest: { by: owner },
        failure: { code: 'CANCELLED', charged: 'no' },
        timeline: [{ type: 'Video Job Cancelled', actor: owner, action: 'cancel' }],
      },
    });
    expect(await call('cancel', jobId)).toMatchObject({ status: 409, body: { title: 'JOB_ENDED' } });
  });

  it('ends a job that waits, though its provider was taken out of the stage', async () => {
    const jobId = await given(acceptedState({ status: 'queued', provider: 'gone' }));
    expect(await call('cancel', jobId)).toMatchObject({ status: 202, body: { status: 'cancelled' } });
  });

  it('of a job whose order is under way is noted, and the same wish again changes nothing', async () => {
    const jobId = await given(submittingState(), unanswered);
    expect(await call('cancel', jobId)).toMatchObject({ status: 202, body: { status: 'submitting' } });
    const before = await stateOf(jobId);
    expect(await call('cancel', jobId)).toMatchObject({ status: 202 });
    expect(await stateOf(jobId)).toEqual(before);
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'RUNNING' });
  });

  it('of a job that is being made is 409 where the provider cannot stop, and marks it when abandoned', async () => {
    const jobId = await given(runningState());
    expect(await call('cancel', jobId)).toMatchObject({ status: 409, body: { title: 'CANNOT_CANCEL' } });
    expect(await call('cancel', jobId, { abandon: true })).toMatchObject({
      status: 202,
      body: { status: 'running', cancelRequest: { by: owner, abandon: true } },
    });
    // Its execution goes on: a video that comes is stored.
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'RUNNING' });
  });

  it.each([
    ['storing', storingState(), 'JOB_STORING'],
    ['submit-unknown', unknown(), 'SUBMIT_UNKNOWN'],
  ])('of a job that is %s is 409', async (_, state, title) => {
    expect(await call('cancel', await given(state), { abandon: true })).toMatchObject({
      status: 409,
      body: { title },
    });
  });

  it('and the answer to the order at the same moment: both are recorded, and the paid task is kept', async () => {
    for (let round = 0; round < 5; round += 1) {
      const jobId = await given(submittingState(), unanswered);
      const task = { id: `task-${round}` };
      const [cancelled] = await Promise.all([
        call('cancel', jobId, { abandon: true }),
        store.saveAnswer(jobId, unanswered, { answeredAt: T0, outcome: 'accepted', task }, ({ state }: Job) =>
          recordTask(state, task, providerSettings(), T0),
        ),
      ]);
      expect(cancelled.status).toBe(202);
      const items = await aws.items(jobId);
      expect(items.STATE).toMatchObject({ status: 'running', task, cancelRequest: { by: owner } });
      expect(items['ATTEMPT#1']).toMatchObject({ outcome: 'accepted', task });
    }
  });

  it('and the intent to order at the same moment: one of them wins, and a cancelled job has no order', async () => {
    for (let round = 0; round < 5; round += 1) {
      const jobId = await given(acceptedState());
      const job = await loadJob(jobId);
      const { beginAttempt } = await import('../../../core/jobs/transitions.ts');
      const intent = store.saveAttempt(job, beginAttempt(job.state, T0), unanswered).then(
        () => true,
        () => false,
      );
      const [, isSent] = await Promise.all([call('cancel', jobId), intent]);
      const items = await aws.items(jobId);
      expect(items.STATE?.status).toBe(isSent ? 'submitting' : 'cancelled');
      expect('ATTEMPT#1' in items).toBe(isSent);
      expect(items.STATE?.cancelRequest).toMatchObject({ by: owner });
    }
  });
});

describe('redrive', () => {
  it('asks again by the task in a new run, and stops the old one', async () => {
    const jobId = await given(failed(runningState(), 'yes'), {
      ...unanswered,
      answeredAt: T0,
      outcome: 'accepted',
      task: { id: 'task1' },
    });
    expect(await call('redrive', jobId)).toMatchObject({
      status: 202,
      body: {
        status: 'running',
        run: 2,
        taskId: 'task1',
        timeline: [{ type: 'Video Job Restarted', actor: owner, action: 'ask-again' }],
      },
    });
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'ABORTED', '-2': 'RUNNING' });
  });

  it('begins again what was cancelled free', async () => {
    const jobId = await given(
      cancelBeforeSubmit({ ...acceptedState(), cancelRequest: { by: owner, at: T0 } }, T0).state,
    );
    expect(await call('redrive', jobId)).toMatchObject({ status: 202, body: { status: 'accepted', run: 2 } });
    expect((await stateOf(jobId))?.cancelRequest).toBeUndefined();
  });

  it('of an unanswered order is 409 with the price, orders again with a person’s word, and names the person', async () => {
    const jobId = await given(unknown(), unanswered);
    expect(await call('redrive', jobId)).toMatchObject({
      status: 409,
      body: { title: 'CONFIRMATION_NEEDED', detail: expect.stringContaining('0.80 USD') },
    });
    expect((await stateOf(jobId))?.run).toBe(1);
    expect(await call('redrive', jobId, { confirmResubmit: true }, onCall)).toMatchObject({
      status: 202,
      body: { status: 'accepted', run: 2, atStakeMicros: 800_000 },
    });
    expect((await aws.items(jobId))['EVENT#000003']).toMatchObject({
      type: 'Video Job Restarted',
      actor: '111122223333:role/OnCall',
      action: 'order-again',
      atStakeMicros: 800_000,
      due: expect.any(String),
    });
  });

  it('adopts a task, in state and ledger at once', async () => {
    const jobId = await given(unknown(), unanswered);
    expect(await call('redrive', jobId, { taskId: 'found-1' })).toMatchObject({
      status: 202,
      body: { status: 'running', taskId: 'found-1' },
    });
    expect((await aws.items(jobId))['ATTEMPT#1']).toMatchObject({
      outcome: 'accepted',
      task: { id: 'found-1' },
    });
  });

  it('takes no task of another job, whoever asks, and changes nothing', async () => {
    const theirs = await given(unknown(), unanswered);
    expect(await call('redrive', theirs, { taskId: 'found-2' })).toMatchObject({ status: 202 });
    const mine = await given(unknown(), unanswered);
    for (const who of [undefined, onCall])
      expect(await call('redrive', mine, { taskId: 'found-2' }, who)).toMatchObject({
        status: 409,
        body: { title: 'TASK_OF_ANOTHER_JOB' },
      });
    expect(await stateOf(mine)).toMatchObject({ status: 'submit-unknown', run: 1 });
    expect((await stateOf(theirs))?.task).toEqual({ id: 'found-2' });
  });

  it('gives an order up', async () => {
    const jobId = await given(unknown(), unanswered);
    expect(await call('redrive', jobId, { giveUp: true })).toMatchObject({
      status: 202,
      body: { status: 'failed', failure: { charged: 'unknown' } },
    });
    expect(await workflow.executions(jobId)).toEqual({ '-1': 'RUNNING' });
  });

  it('of a job that succeeded, or is on its way, is 409', async () => {
    for (const [state, title] of [
      [runningState({ status: 'succeeded' }), 'NOTHING_TO_REDRIVE'],
      [runningState(), 'JOB_OPEN'],
    ] as const)
      expect(await call('redrive', await given(state))).toMatchObject({ status: 409, body: { title } });
  });

  it('by two persons at once is one new order', async () => {
    const jobId = await given(unknown(), unanswered);
    const answers = await Promise.all([1, 2, 3].map(() => call('redrive', jobId, { confirmResubmit: true })));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    expect((await stateOf(jobId))?.run).toBe(2);
  });

  it('is done though the workflow cannot be started just now: the sweeper starts it within a minute', async () => {
    const jobId = await given(failed(acceptedState(), 'no'));
    const machine = process.env.JOB_WORKFLOW_ARN;
    process.env.JOB_WORKFLOW_ARN = `${machine}-gone`;
    const { status } = await call('redrive', jobId);
    process.env.JOB_WORKFLOW_ARN = machine;
    expect(status).toBe(202);
    const dueAt = String((await stateOf(jobId))?.dueAt);
    expect(Date.parse(dueAt) - Date.now()).toBeLessThanOrEqual(60_000);
  });
});

describe('whoever', () => {
  it('does not own the job learns nothing; who is on call operates every one', async () => {
    const jobId = await given(acceptedState());
    expect(await call('cancel', jobId, undefined, stranger)).toMatchObject({ status: 404 });
    expect(await call('redrive', jobId, undefined, stranger)).toMatchObject({ status: 404 });
    expect(await call('cancel', 'nobody', undefined, onCall)).toMatchObject({ status: 404 });
    expect(await call('cancel', jobId, undefined, onCall)).toMatchObject({ status: 202 });
  });

  it.each([
    ['cancel', { abandonn: true }],
    ['redrive', { confirmResubmit: true, giveUp: true }],
    ['redrive', { taskId: '../../secrets' }],
    ['redrive', { taskId: 'a b' }],
    ['redrive', { taskId: '' }],
  ] as const)('says something else is told so: %s %j', async (operation, body) => {
    const jobId = await given(unknown(), unanswered);
    expect(await call(operation, jobId, body)).toMatchObject({
      status: 400,
      body: { title: 'INVALID_PARAMETERS' },
    });
    expect((await stateOf(jobId))?.status).toBe('submit-unknown');
  });
});
