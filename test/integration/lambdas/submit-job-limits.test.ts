import type { JobState } from '../../../core/jobs/job.ts';
import { itemsOf, putItem } from '../../support/job-items.ts';
import { cutConnection, json } from '../../support/provider-server.ts';
import { aws, given, posts, provider, setUpSubmitJob, submit } from './submit-job-builder.ts';

setUpSubmitJob();

describe('where orders are limited', () => {
  const limited = (changes: Partial<JobState>) => given({ provider: 'limited', ...changes });
  const slot = (jobId: string) =>
    putItem({ pk: 'SLOT#limited', sk: '0001', jobId, run: 1, since: new Date().toISOString() });
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

  it('nothing is ordered without a slot: the job goes to the queue', async () => {
    const jobId = await limited({});
    await submit(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'queued', attempt: 0 });
    expect(posts()).toHaveLength(0);
  });

  it('an order waits for its time, and takes another when it missed it', async () => {
    const early = await limited({ slot: '0001', sendAt: inSeconds(20) });
    await slot(early);
    expect(await submit(early)).toMatchObject({ next: 'wait', waitSeconds: 20 });
    const late = await limited({ slot: '0001', sendAt: inSeconds(-9) });
    await slot(late);
    await putItem({
      pk: 'PROVIDER#limited',
      sk: 'CONTROL',
      revision: 1,
      clock: 0,
      nextSubmitAt: inSeconds(30),
    });
    const { waitSeconds } = await submit(late);
    expect(waitSeconds).toBeGreaterThan(25);
    expect(posts()).toHaveLength(0);
    const [control] = await itemsOf('PROVIDER#limited');
    expect(String(control?.nextSubmitAt) > inSeconds(28)).toBe(true);
  });

  it('an order that missed its time leaves at once where nobody else has that moment', async () => {
    const late = await limited({ slot: '0001', sendAt: inSeconds(-9) });
    await slot(late);
    await submit(late);
    expect((await aws.items(late)).STATE).toMatchObject({ status: 'running' });
    const [control] = await itemsOf('PROVIDER#limited');
    expect(String(control?.nextSubmitAt) > inSeconds(-1)).toBe(true);
  });

  it('a taken order keeps its slot, a refused one gives it back with its answer', async () => {
    const taken = await limited({ slot: '0001', sendAt: inSeconds(0) });
    await slot(taken);
    await submit(taken);
    expect((await aws.items(taken)).STATE).toMatchObject({ status: 'running', slot: '0001' });
    expect(await itemsOf('SLOT#limited')).toHaveLength(1);
    provider.submit = json(400, { message: 'aspect_ratio is wrong' });
    const refused = await limited({ slot: '0001', sendAt: inSeconds(0) });
    await slot(refused);
    await submit(refused);
    expect((await aws.items(refused)).STATE).toMatchObject({ status: 'failed' });
    expect(await itemsOf('SLOT#limited')).toEqual([]);
  });

  it('an order that nobody answered gives its slot back', async () => {
    provider.submit = cutConnection;
    const jobId = await limited({ slot: '0001', sendAt: inSeconds(0) });
    await slot(jobId);
    await submit(jobId);
    expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'submit-unknown' });
    expect(await itemsOf('SLOT#limited')).toEqual([]);
  });
});

it('a provider that a person stopped gets no order, limits or not', async () => {
  await putItem({
    pk: 'PROVIDER#simulated',
    sk: 'CONTROL',
    revision: 1,
    clock: 0,
    pause: { by: 'ann', at: new Date().toISOString() },
  });
  const jobId = await given();
  await submit(jobId);
  expect((await aws.items(jobId)).STATE).toMatchObject({ status: 'queued', attempt: 0 });
  expect(posts()).toHaveLength(0);
});
