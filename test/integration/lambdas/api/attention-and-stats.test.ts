import { findRoutes } from '../../../../core/api/find-routes.ts';
import { fail } from '../../../../core/jobs/ending.ts';
import type { JobState } from '../../../../core/jobs/job.ts';
import { needAttention } from '../../../../core/jobs/transitions.ts';
import { putItem, putJob } from '../../../support/job-items.ts';
import { at, jobRequest, runningState } from '../../../support/jobs.ts';
import { ask, bodyOf, ownerOf, put, setUpFinding } from './find-jobs-builder.ts';

setUpFinding();

const matters = async (query: Record<string, string> = {}, role = 'Shop') =>
  bodyOf(findRoutes.listAttention, await ask('/attention', query, role));

describe('GET /attention', () => {
  const stopped = (changes: Partial<JobState>, second: number): JobState => {
    const change = needAttention(runningState(changes), 'WORKFLOW_STOPPED', at(second));
    if (!change) throw new Error('It is said already.');
    return change.state;
  };

  it('tells what a person should look at, oldest first, and what to do; of an admin everybody’s', async () => {
    const owner = ownerOf('Worried');
    await putJob(stopped({ jobId: 'late', owner }, 20), jobRequest());
    await putJob(stopped({ jobId: 'early', owner }, 10), jobRequest());
    await putJob(
      fail(
        runningState({ jobId: 'lost', owner: ownerOf('Else') }),
        { code: 'EXPIRED', message: 'It is gone.', advice: 'Look at the invoice.', charged: 'unknown' },
        at(15),
      ).state,
      jobRequest(),
    );
    await put({ owner });
    const own = await matters({}, 'Worried');
    expect(own.items).toMatchObject([
      {
        job: { jobId: 'early', status: 'running' },
        reason: 'WORKFLOW_STOPPED',
        since: at(10),
        whatToDo: expect.stringContaining('starts again by itself'),
        runbook: 'workflow-stopped',
      },
      { job: { jobId: 'late' } },
    ]);
    const all = (await matters({}, 'OnCall')).items;
    expect(all.map(({ job }) => job.jobId)).toEqual(['early', 'lost', 'late']);
    expect(all[1]).toMatchObject({ reason: 'EXPIRED', whatToDo: 'Look at the invoice.' });
    const named = await matters({ owner: ownerOf('Else') }, 'OnCall');
    expect(named.items.map(({ job }) => job.jobId)).toEqual(['lost']);
  });

  it('goes on page by page', async () => {
    const owner = ownerOf('Pages');
    for (const [index, second] of [30, 10, 20].entries())
      await putJob(stopped({ jobId: `page${index}`, owner }, second), jobRequest());
    const first = await matters({ limit: '2' }, 'Pages');
    const second = await matters({ limit: '2', cursor: first.nextCursor ?? '' }, 'Pages');
    expect([...first.items, ...second.items].map(({ since }) => since)).toEqual([at(10), at(20), at(30)]);
    expect(second).not.toHaveProperty('nextCursor');
  });

  it('of another owner is for admins', async () => {
    expect((await ask('/attention', { owner: ownerOf('Else') }, 'Shop')).status).toBe(403);
  });
});

describe('GET /stats', () => {
  const spend = (day: string, model: string, amounts: object, owner = ownerOf('Shop')) =>
    putItem({
      pk: `STATS#${owner}#${day}`,
      sk: model,
      ...{ succeeded: 0, failed: 0, cancelled: 0, videos: 0, seconds: 0, micros: 0, atStakeMicros: 0 },
      ...amounts,
    });
  const stats = async (query: Record<string, string>, role = 'Shop') =>
    bodyOf(findRoutes.showStats, await ask('/stats', query, role));

  it('adds up days and models', async () => {
    await spend('2026-03-01', 'a', { succeeded: 2, videos: 3, seconds: 24.1, micros: 2_400_000 });
    await spend('2026-03-01', 'b', { failed: 1, atStakeMicros: 800_000 });
    await spend('2026-03-03', 'a', { succeeded: 1, cancelled: 1, videos: 1, seconds: 8.2, micros: 800_000 });
    await spend('2026-03-04', 'a', { succeeded: 9 });
    await spend('2026-03-01', 'a', { succeeded: 9 }, ownerOf('Else'));
    const report = await stats({ from: '2026-03-01', to: '2026-03-03' });
    expect(report).toMatchObject({ owner: ownerOf('Shop'), from: '2026-03-01', to: '2026-03-03' });
    expect(report.days.map(({ day, model, jobs }) => [day, model, jobs])).toEqual([
      ['2026-03-01', 'a', 2],
      ['2026-03-01', 'b', 1],
      ['2026-03-03', 'a', 2],
    ]);
    expect(report.total).toEqual({
      jobs: 5,
      succeeded: 3,
      failed: 1,
      cancelled: 1,
      videos: 4,
      seconds: 32.3,
      costMicros: 3_200_000,
      atStakeMicros: 800_000,
    });
    expect(
      (await stats({ owner: ownerOf('Else'), from: '2026-03-01', to: '2026-03-01' }, 'OnCall')).total.jobs,
    ).toBe(9);
    expect((await ask('/stats', { owner: ownerOf('Else') })).status).toBe(403);
  });

  it('is of the last week where nothing is said', async () => {
    const { from, to, days } = await stats({}, 'Nobody');
    expect(Date.parse(to) - Date.parse(from)).toBe(6 * 86_400_000);
    expect(Math.abs(Date.parse(to) - Date.now())).toBeLessThan(2 * 86_400_000);
    expect(days).toEqual([]);
  });

  it.each([
    [{ from: '2026-03-02', to: '2026-03-01' }],
    [{ from: '2026-01-01', to: '2026-02-01' }],
    [{ from: '2026-03-02T00:00:00Z' }],
  ])('refuses %j', async (query) => {
    expect(await ask('/stats', query)).toMatchObject({ status: 400, body: { title: 'INVALID_PARAMETERS' } });
  });
});
