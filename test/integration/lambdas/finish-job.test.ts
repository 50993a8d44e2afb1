import { newAttempt } from '../../../core/jobs/submit-ledger.ts';
import { recordUnknownSubmit } from '../../../core/jobs/transitions.ts';
import type { handler as Handler } from '../../../lambdas/finish-job.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  jobRequest,
  runningState,
  runtimeSettings,
  storingState,
  submittingState,
  T0,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';

let aws: TestAws;
let handler: typeof Handler;

beforeAll(async () => {
  aws = await startAws(runtimeSettings());
  ({ handler } = await import('../../../lambdas/finish-job.ts'));
}, 120_000);
afterAll(() => aws.stop());

const finish = async (jobId: string) => {
  expect(await handler({ jobId, run: 1, error: { Error: 'X' } }, context)).toEqual({
    jobId,
    run: 1,
    next: 'end',
    waitSeconds: 0,
  });
  return (await aws.items(jobId)).STATE;
};

it('leaves a job that was not submitted to the sweeper, due in a minute', async () => {
  await putJob(acceptedState({ jobId: 'nothing' }), jobRequest());
  const item = await finish('nothing');
  expect(item).toMatchObject({ status: 'accepted', dueAt: expect.any(String), due: expect.any(String) });
  expect(item).not.toHaveProperty('failure');
  const seconds = (Date.parse(String(item?.dueAt)) - Date.now()) / 1000;
  expect(seconds).toBeGreaterThan(30);
  expect(seconds).toBeLessThanOrEqual(60);
});

it('fails a job whose submit was refused for certain, free', async () => {
  const refused = { ...newAttempt(1, 'hash', T0), answeredAt: T0 };
  await putJob({ ...submittingState(), jobId: 'refused' }, jobRequest(), refused);
  expect(await finish('refused')).toMatchObject({
    status: 'failed',
    failure: { code: 'INTERNAL', charged: 'no' },
  });
});

it('makes an unanswered intent a question to a person', async () => {
  await putJob({ ...submittingState(), jobId: 'unanswered' }, jobRequest(), newAttempt(1, 'hash', T0));
  expect(await finish('unanswered')).toMatchObject({
    status: 'submit-unknown',
    attention: { reason: 'SUBMIT_UNANSWERED' },
  });
  expect((await aws.items('unanswered'))['EVENT#000002']).toMatchObject({
    type: 'Video Job Needs Attention',
  });
});

it.each([
  ['running', runningState()],
  ['storing', storingState()],
])('leaves a %s job as it is, marked', async (status, state) => {
  await putJob({ ...state, jobId: status }, jobRequest());
  expect(await finish(status)).toMatchObject({ status, attention: { reason: 'WORKFLOW_STOPPED' } });
});

it('touches nothing that waits for a person already', async () => {
  const { state } = recordUnknownSubmit({ ...submittingState(), jobId: 'waiting' }, 'X', T0);
  await putJob(state, jobRequest(), newAttempt(1, 'hash', T0));
  expect(await finish('waiting')).toMatchObject({ revision: state.revision });
});
