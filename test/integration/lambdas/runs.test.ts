import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail } from '../../../core/jobs/ending.ts';
import type { JobState } from '../../../core/jobs/job.ts';
import { redriveJob } from '../../../core/jobs/redrive.ts';
import { newAttempt, type SubmitAttempt } from '../../../core/jobs/submit-ledger.ts';
import { recordUnknownSubmit } from '../../../core/jobs/transitions.ts';
import type { handler as Check } from '../../../lambdas/check-job.ts';
import type { handler as Finish } from '../../../lambdas/finish-job.ts';
import type { handler as Prepare } from '../../../lambdas/prepare-job.ts';
import type * as Operate from '../../../lambdas/shared/jobs/job-operations.ts';
import type { handler as StoreVideo } from '../../../lambdas/store-video.ts';
import type { handler as Submit } from '../../../lambdas/submit-job.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import { forgetProvider, putJob } from '../../support/job-items.ts';
import {
  acceptedState,
  jobRequest,
  providerSettings,
  runningState,
  runtimeSettings,
  storingState,
  submittingState,
} from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';
import {
  type Answer,
  envelope,
  file,
  json,
  type ProviderServer,
  startProvider,
} from '../../support/provider-server.ts';

// One job, several runs and persons at once: what was paid is recorded, and nothing is ordered twice.

const video = readFileSync(join(__dirname, '../../fixtures/video/audio-video.mp4'));

let aws: TestAws;
let provider: ProviderServer;
let prepare: typeof Prepare;
let submit: typeof Submit;
let check: typeof Check;
let storeVideo: typeof StoreVideo;
let finish: typeof Finish;
let operate: typeof Operate;

beforeAll(async () => {
  provider = await startProvider();
  aws = await startAws(
    runtimeSettings({
      providers: {
        simulated: providerSettings({ submitBaseUrl: provider.url, allowPrivateAddresses: true }),
        relay: providerSettings({
          dialect: 'openai-video',
          // The server here takes what begins with /api/ for a question.
          submitBaseUrl: `${provider.url}/api`,
          allowPrivateAddresses: true,
          models: ['veo-3.1-fast-generate-preview'],
          options: {
            submitForm: 'multipart',
            cancel: { method: 'POST', path: '/v1/video/generations/{id}/cancel' },
          },
        }),
      },
    }),
  );
  ({ handler: prepare } = await import('../../../lambdas/prepare-job.ts'));
  ({ handler: submit } = await import('../../../lambdas/submit-job.ts'));
  ({ handler: check } = await import('../../../lambdas/check-job.ts'));
  ({ handler: storeVideo } = await import('../../../lambdas/store-video.ts'));
  ({ handler: finish } = await import('../../../lambdas/finish-job.ts'));
  operate = await import('../../../lambdas/shared/jobs/job-operations.ts');
}, 120_000);
afterAll(async () => {
  await provider.close();
  await aws.stop();
});
beforeEach(async () => {
  await forgetProvider('simulated');
  await forgetProvider('relay');
  provider.seen.length = 0;
  provider.submit = envelope({ status: 'created' });
  provider.check = envelope({ status: 'processing' });
  provider.download = file(video);
});

const frame = { mimeType: 'image/png', width: 320, height: 180, bytes: 1, sha256: 'x' };
let count = 0;
const given = async (state: JobState, attempt?: SubmitAttempt): Promise<string> => {
  count += 1;
  const jobId = `job${count}`;
  const versionId = await aws.put(`${jobId}.png`, png(320, 180));
  const fresh = { createdAt: new Date().toISOString(), outputKey: `videos/${jobId}.png.mp4` };
  const submitted = state.submittedAt ? { submittedAt: new Date().toISOString() } : {};
  const mustDownload = state.mustDownloadBy
    ? { mustDownloadBy: new Date(Date.now() + 3_600_000).toISOString() }
    : {};
  await putJob(
    { ...state, frame, ...fresh, ...submitted, ...mustDownload, jobId },
    jobRequest({ startFrame: { bucket: 'test-inbox', key: `${jobId}.png`, versionId } }),
    attempt,
  );
  return jobId;
};
const run = (jobId: string, number = 1) => ({ jobId, run: number });
const stateOf = async (jobId: string) => (await aws.items(jobId)).STATE;
const posts = () => provider.seen.filter(({ method }) => method === 'POST');
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

/** Answers only when it is let go. */
const held = (answer: Answer): { answer: Answer; letGo: () => void; asked: Promise<void> } => {
  let letGo = () => {};
  let isAsked = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  return {
    letGo: () => letGo(),
    asked,
    answer: (response, request) => {
      isAsked();
      void gate.then(() => answer(response, request));
    },
  };
};

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

describe('a cancel while the order is under way', () => {
  const cancelWhileSubmitting = async (answer: Answer, provide = {}) => {
    const jobId = await given({ ...acceptedState(), ...provide });
    const gate = held(answer);
    provider.submit = gate.answer;
    const ordering = submit(run(jobId), context);
    await gate.asked;
    expect((await operate.cancel(jobId, 'anna', { abandon: false })).state.status).toBe('submitting');
    gate.letGo();
    return { jobId, answer: await ordering };
  };

  it('that was accepted: the task is recorded, and asked about without delay', async () => {
    const { jobId, answer } = await cancelWhileSubmitting(envelope({ id: 'paid', status: 'created' }));
    expect(answer).toMatchObject({ next: 'wait', waitSeconds: 0 });
    expect(await stateOf(jobId)).toMatchObject({
      status: 'running',
      task: { id: 'paid' },
      cancelRequest: { by: 'anna' },
    });
    // This provider cannot stop: what it makes is stored.
    provider.check = envelope({ status: 'completed', outputs: [`${provider.url}/v.mp4`] });
    expect(await check(run(jobId), context)).toMatchObject({ next: 'store' });
  });

  it.each([
    ['refused', json(400, { error: { message: 'no' } })],
    ['refused for now', json(429, {})],
  ])('that was %s: it is cancelled, free, and not sent again', async (_, answer) => {
    const { jobId } = await cancelWhileSubmitting(answer);
    expect(await stateOf(jobId)).toMatchObject({ status: 'cancelled', failure: { charged: 'no' } });
    await submit(run(jobId), context);
    expect(posts()).toHaveLength(1);
  });

  it('that was not answered: a person decides, who knows of the wish', async () => {
    const { jobId } = await cancelWhileSubmitting((response) => response.destroy());
    expect(await stateOf(jobId)).toMatchObject({
      status: 'submit-unknown',
      cancelRequest: { by: 'anna' },
    });
  });
});

describe('a cancel at a provider that can stop', () => {
  const making: Answer = json(200, { id: 'task1', object: 'video', status: 'in_progress' });
  const stopped: Answer = json(200, { id: 'task1', object: 'video', status: 'cancelled' });
  const model = 'veo-3.1-fast-generate-preview';
  const wished = (state = runningState({ provider: 'relay', model })): JobState => ({
    ...state,
    run: 2,
    cancelRequest: { by: 'anna', at: new Date().toISOString() },
  });

  it('restarts the job, and the new run asks it to stop, once', async () => {
    const jobId = await given(runningState({ provider: 'relay', model }));
    await operate.cancel(jobId, 'anna', { abandon: false });
    expect(await stateOf(jobId)).toMatchObject({ run: 2, cancelRequest: { by: 'anna' } });
    provider.check = making;
    provider.submit = json(200, { id: 'task1' });
    expect(await check(run(jobId, 2), context)).toMatchObject({ next: 'wait', waitSeconds: 5 });
    expect(posts().map(({ path }) => path)).toEqual(['/api/v1/video/generations/task1/cancel']);
    await check(run(jobId, 2), context);
    expect(posts()).toHaveLength(1);
    provider.check = stopped;
    expect(await check(run(jobId, 2), context)).toMatchObject({ next: 'end' });
    expect(await stateOf(jobId)).toMatchObject({ status: 'cancelled', failure: { code: 'CANCELLED' } });
  });

  it('takes the video when it was ready first', async () => {
    const jobId = await given(wished());
    provider.check = json(200, {
      id: 'task1',
      object: 'video',
      status: 'completed',
      metadata: { url: `${provider.url}/v.mp4` },
    });
    expect(await check(run(jobId, 2), context)).toMatchObject({ next: 'store' });
    expect(posts()).toEqual([]);
  });

  it('goes on when the provider says no, and asks no more', async () => {
    const jobId = await given(wished());
    provider.check = making;
    provider.submit = json(400, { error: { message: 'too late' } });
    await check(run(jobId, 2), context);
    expect(await stateOf(jobId)).toMatchObject({ status: 'running', cancelRequest: { provider: 'refused' } });
    await check(run(jobId, 2), context);
    expect(posts()).toHaveLength(1);
  });

  it('asks again when it could not be asked', async () => {
    const jobId = await given(wished());
    provider.check = making;
    provider.submit = json(503, {});
    for (let times = 0; times < 2; times += 1)
      expect(await check(run(jobId, 2), context)).toMatchObject({ next: 'wait' });
    expect(posts()).toHaveLength(2);
    expect(await stateOf(jobId)).toMatchObject({ status: 'running' });
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
