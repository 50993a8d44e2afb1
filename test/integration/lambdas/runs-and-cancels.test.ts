import type { JobState } from '../../../core/jobs/job.ts';
import { acceptedState, runningState } from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { type Answer, envelope, json } from '../../support/provider-server.ts';
import {
  check,
  given,
  held,
  operate,
  posts,
  provider,
  run,
  setUpRuns,
  stateOf,
  submit,
} from './runs-builder.ts';

setUpRuns();

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
