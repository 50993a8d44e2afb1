import type { Job } from '../../../core/jobs/job.ts';
import { recordTask } from '../../../core/jobs/transitions.ts';
import {
  acceptedState,
  providerSettings,
  runningState,
  storingState,
  submittingState,
  T0,
} from '../../support/jobs.ts';
import {
  aws,
  call,
  given,
  loadJob,
  onCall,
  owner,
  setUpOperations,
  stateOf,
  store,
  stranger,
  unanswered,
  unknown,
  workflow,
} from './job-operations-builder.ts';

setUpOperations();

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
