import { z } from 'zod';
import type { JobState } from '../../../core/jobs/job.ts';
import { newAttempt, type SubmitAttempt } from '../../../core/jobs/submit-ledger.ts';
import { recordUnknownSubmit } from '../../../core/jobs/transitions.ts';
import type { handler as Handler } from '../../../lambdas/job-api.ts';
import type * as Store from '../../../lambdas/shared/table/job-store.ts';
import type * as Loading from '../../../lambdas/shared/table/load-job.ts';
import { apiEvent, signedBy } from '../../support/api-event.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { type LivingWorkflow, startLivingWorkflow } from '../../support/executions.ts';
import { putJob } from '../../support/job-items.ts';
import { jobRequest, runtimeSettings, submittingState, T0 } from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';

export let aws: TestAws;
export let workflow: LivingWorkflow;
let handler: typeof Handler;
export let store: typeof Store;
export let loadJob: typeof Loading.loadJob;

export const owner = '111122223333:role/Shop';
const shop = 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc';
export const onCall = 'arn:aws:sts::111122223333:assumed-role/OnCall/anna';
export const stranger = 'arn:aws:iam::111122223333:user/somebody';

/** The API function, and jobs whose executions live, for the tests of one file: call it before they are declared. */
export const setUpOperations = (): void => {
  beforeAll(async () => {
    aws = await startAws(runtimeSettings({ admins: ['111122223333:role/OnCall'] }));
    workflow = await startLivingWorkflow(aws.sfn);
    ({ handler } = await import('../../../lambdas/job-api.ts'));
    store = await import('../../../lambdas/shared/table/job-store.ts');
    ({ loadJob } = await import('../../../lambdas/shared/table/load-job.ts'));
  }, 120_000);
  afterAll(() => aws.stop());
};

let count = 0;
export const given = async (state: JobState, attempt?: SubmitAttempt): Promise<string> => {
  count += 1;
  const jobId = `job${count}`;
  await workflow.start(`${jobId}-1`);
  await putJob({ ...state, owner, jobId }, jobRequest(), attempt);
  return jobId;
};

const Body = z.looseObject({ title: z.string().optional(), detail: z.string().optional() });

export const call = async (operation: 'cancel' | 'redrive', id: string, body?: unknown, userArn = shop) => {
  const event = apiEvent(`POST /jobs/{id}/${operation}`, {
    params: { id },
    authorizer: signedBy(userArn),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await handler(event, context);
  return { status: answer.statusCode, body: Body.parse(JSON.parse(answer.body ?? '')) };
};
export const stateOf = async (jobId: string) => (await aws.items(jobId)).STATE;

export const unanswered = newAttempt(1, 'hash', T0);
export const unknown = () => recordUnknownSubmit(submittingState(), 'SUBMIT_UNANSWERED', T0).state;
