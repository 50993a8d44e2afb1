import { setTimeout as sleep } from 'node:timers/promises';
import { fail } from '../../../core/jobs/ending.ts';
import type { JobState } from '../../../core/jobs/job.ts';
import { redriveJob } from '../../../core/jobs/redrive.ts';
import { newAttempt } from '../../../core/jobs/submit-ledger.ts';
import { recordUnknownSubmit } from '../../../core/jobs/transitions.ts';
import {
  acceptedState,
  providerSettings,
  runningState,
  storingState,
  submittingState,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { type Answer, envelope, file, json } from '../../support/provider-server.ts';
import {
  aws,
  check,
  finish,
  given,
  held,
  posts,
  prepare,
  provider,
  run,
  setUpRuns,
  stateOf,
  storeVideo,
  submit,
  video,
} from './runs-builder.ts';

setUpRuns();

const change = async (jobId: string, made: (state: JobState) => JobState) => {
  const store = await import('../../../lambdas/shared/table/job-store.ts');
  const { loadJob } = await import('../../../lambdas/shared/table/load-job.ts');
  const job = await loadJob(jobId);
  await store.saveJob(job, { state: made(job.state) });
};
const anotherRun = (state: JobState): JobState => ({
  ...state,
  run: state.run + 1,
  revision: state.revision + 1,
});

describe('a new run', () => {
  it.each([
    ['running', runningState({ run: 2 })],
    ['storing', storingState({ run: 2 })],
  ])(
    'of a job that is %s goes by PrepareJob and SubmitJob without ordering, and asks at once',
    async (_, state) => {
      const jobId = await given(state);
      expect(await prepare(run(jobId, 2), context)).toMatchObject({ next: 'submit' });
      expect(await submit(run(jobId, 2), context)).toMatchObject({ next: 'wait', waitSeconds: 0 });
      provider.check = envelope({ status: 'completed', outputs: [`${provider.url}/v.mp4`] });
      expect(await check(run(jobId, 2), context)).toMatchObject({ next: 'store' });
      await storeVideo(run(jobId, 2), context);
      expect(await stateOf(jobId)).toMatchObject({ status: 'succeeded' });
      expect(posts()).toEqual([]);
    },
  );

  it('leaves every step of the old one nothing to do', async () => {
    const jobId = await given(runningState({ run: 2 }));
    for (const step of [prepare, submit, check, storeVideo, finish])
      expect(await step(run(jobId), context)).toMatchObject({ next: 'end' });
    expect(provider.seen).toEqual([]);
  });

  it('while the order of the old one is under way orders nothing; the answer is recorded whatever the run', async () => {
    const jobId = await given(acceptedState());
    const { answer, letGo, asked } = held(envelope({ id: 'task-old-run', status: 'created' }));
    provider.submit = answer;
    const ordering = submit(run(jobId), context);
    await asked;
    await change(jobId, anotherRun);
    await expect(submit(run(jobId, 2), context)).rejects.toThrow('may still be answered');
    letGo();
    await ordering;
    expect(await stateOf(jobId)).toMatchObject({ status: 'running', run: 2, task: { id: 'task-old-run' } });
    expect(await submit(run(jobId, 2), context)).toMatchObject({ next: 'wait' });
    expect(posts()).toHaveLength(1);
  });

  it('while the old one stores the video: the video is recorded, whatever the run and whatever was decided', async () => {
    const jobId = await given(storingState());
    provider.check = envelope({ status: 'completed', outputs: [`${provider.url}/v.mp4`] });
    const { answer, letGo, asked } = held(file(video));
    provider.download = answer;
    const storing = storeVideo(run(jobId), context);
    await asked;
    await change(jobId, (state) => {
      const failure = { code: 'DOWNLOAD_FAILED', message: 'm', advice: 'a', charged: 'yes' } as const;
      return fail(anotherRun(state), failure, new Date().toISOString()).state;
    });
    letGo();
    await storing;
    expect(await stateOf(jobId)).toMatchObject({
      status: 'succeeded',
      run: 2,
      video: { bytes: video.length },
    });
    expect(await stateOf(jobId)).not.toHaveProperty('failure');
  });

  it('and the old one storing at the same time: the job succeeds once', async () => {
    const jobId = await given(storingState());
    provider.check = envelope({ status: 'completed', outputs: [`${provider.url}/v.mp4`] });
    await Promise.all([storeVideo(run(jobId), context), storeVideo(run(jobId), context)]);
    const items = await aws.items(jobId);
    const succeeded = Object.values(items).filter(({ type }) => type === 'Video Job Succeeded');
    expect(succeeded).toHaveLength(1);
  });
});

describe('a step', () => {
  it('that finds no job ends its execution quietly', async () => {
    for (const step of [prepare, submit, check, storeVideo, finish])
      expect(await step(run('nobody'), context)).toEqual({
        jobId: 'nobody',
        run: 1,
        next: 'end',
        waitSeconds: 0,
      });
  });

  it('retried by Lambda at the same moment orders once', async () => {
    const jobId = await given(acceptedState());
    const both = await Promise.allSettled([submit(run(jobId), context), submit(run(jobId), context)]);
    expect(posts()).toHaveLength(1);
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await stateOf(jobId)).toMatchObject({ status: 'running', attempt: 1 });
  });
});

describe('a confirmed second order', () => {
  it.each([
    ['refused', json(400, { error: { message: 'no' } })],
    ['unknown', (response) => response.destroy()],
  ] satisfies [string, Answer][])(
    'goes on when the first turns out to be %s: that is the ledger’s to note',
    async (outcome, answer) => {
      const jobId = await given(acceptedState());
      const gate = held(answer);
      provider.submit = gate.answer;
      const first = submit(run(jobId), context);
      await gate.asked;
      // The lease ran out, a person confirmed, and the second order was taken.
      await change(jobId, (state) => {
        const { task } = runningState({ task: { id: 'second' } });
        return { ...anotherRun(state), attempt: 2, status: 'running', ...(task ? { task } : {}) };
      });
      gate.letGo();
      await first;
      const items = await aws.items(jobId);
      expect(items.STATE).toMatchObject({ status: 'running', task: { id: 'second' } });
      expect(items['ATTEMPT#1']).toMatchObject({ outcome });
    },
  );

  it('and the answer to the first, come late: both tasks are in the ledger, and a person is told', async () => {
    const first = newAttempt(1, 'hash', '2026-01-01T00:00:00.000Z');
    const unknown = recordUnknownSubmit(submittingState(), 'SUBMIT_UNANSWERED', first.leaseUntil).state;
    const again = redriveJob(unknown, first, { by: 'anna', confirmResubmit: true }, new Date().toISOString());
    if (again.do !== 'restart') throw new Error('Not restarted.');
    const jobId = await given(again.change.state, first);
    const gate = held(envelope({ id: 'second', status: 'created' }));
    provider.submit = gate.answer;
    const ordering = submit(run(jobId, 2), context);
    await gate.asked;
    const store = await import('../../../lambdas/shared/table/job-store.ts');
    const { recordTask } = await import('../../../core/jobs/transitions.ts');
    await store.saveAnswer(
      jobId,
      first,
      { answeredAt: new Date().toISOString(), outcome: 'accepted', task: { id: 'first' } },
      ({ state }) => recordTask(state, { id: 'first' }, providerSettings(), new Date().toISOString()),
    );
    gate.letGo();
    await ordering;
    const items = await aws.items(jobId);
    expect(items.STATE).toMatchObject({ task: { id: 'first' }, attention: { reason: 'SECOND_TASK' } });
    expect(items['ATTEMPT#1']).toMatchObject({ task: { id: 'first' } });
    expect(items['ATTEMPT#2']).toMatchObject({ task: { id: 'second' } });
    await sleep(0);
    expect(posts()).toHaveLength(1);
  });
});
