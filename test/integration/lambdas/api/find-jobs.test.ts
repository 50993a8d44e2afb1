import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import fc from 'fast-check';
import type { z } from 'zod';
import { findRoutes } from '../../../../core/api/find-routes.ts';
import { fail } from '../../../../core/jobs/ending.ts';
import type { JobState } from '../../../../core/jobs/job.ts';
import { needAttention } from '../../../../core/jobs/transitions.ts';
import type { handler as Handler } from '../../../../lambdas/job-api.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { startAws, type TestAws } from '../../../support/aws.ts';
import { putItem, putJob } from '../../../support/job-items.ts';
import { acceptedState, at, jobRequest, runningState, runtimeSettings } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';

let aws: TestAws;
let handler: typeof Handler;

beforeAll(async () => {
  aws = await startAws(runtimeSettings({ admins: ['111122223333:role/OnCall'] }));
  ({ handler } = await import('../../../../lambdas/job-api.ts'));
}, 120_000);
afterAll(() => aws.stop());

const arnOf = (role: string) => `arn:aws:sts::111122223333:assumed-role/${role}/i-0abc`;
const ownerOf = (role: string) => `111122223333:role/${role}`;

const read = (answer: APIGatewayProxyStructuredResultV2) => ({
  status: answer.statusCode,
  body: JSON.parse(answer.body ?? ''),
});
const ask = async (path: string, query: Record<string, string>, role = 'Shop') =>
  read(await handler(apiEvent(`GET ${path}`, { query, authorizer: signedBy(arnOf(role)) }), context));

const bodyOf = <Body extends z.ZodType>(
  route: { readonly answers: { readonly 200: { readonly body: Body } } },
  { status, body }: { status: number | undefined; body: unknown },
) => {
  expect({ status, body }).toMatchObject({ status: 200 });
  return route.answers[200].body.parse(body);
};
const jobs = async (query: Record<string, string> = {}, role = 'Shop') =>
  bodyOf(findRoutes.listJobs, await ask('/jobs', query, role));
const matters = async (query: Record<string, string> = {}, role = 'Shop') =>
  bodyOf(findRoutes.listAttention, await ask('/attention', query, role));

let count = 0;
const put = async (changes: Partial<JobState>, state = acceptedState): Promise<string> => {
  count += 1;
  const jobId = `job${String(count).padStart(4, '0')}`;
  await putJob(state({ owner: ownerOf('Shop'), jobId, ...changes }), jobRequest());
  return jobId;
};
const within = (folder: string): Partial<JobState> => ({
  source: { bucket: 'inbox', key: `${folder}/a.png` },
});

describe('GET /jobs', () => {
  it('gives each of many jobs exactly once, newest first, also where many were accepted at the same moment', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 25 }),
        fc.integer({ min: 1, max: 9 }),
        async (seconds, limit) => {
          round += 1;
          const role = `Round${round}`;
          const put1 = (second: number) => put({ owner: ownerOf(role), createdAt: at(second) });
          const all = await Promise.all(
            seconds.map(async (second) => ({ jobId: await put1(second), createdAt: at(second) })),
          );
          const seen: { jobId: string; createdAt: string }[] = [];
          let cursor: string | undefined;
          do {
            const page = await jobs({ limit: String(limit), ...(cursor ? { cursor } : {}) }, role);
            if (page.nextCursor !== undefined) expect(page.jobs).toHaveLength(limit);
            seen.push(...page.jobs.map(({ jobId, createdAt }) => ({ jobId, createdAt })));
            cursor = page.nextCursor;
          } while (cursor !== undefined);
          const key = (job: { jobId: string; createdAt: string }) => `${job.createdAt}#${job.jobId}`;
          expect(seen).toEqual(all.toSorted((a, b) => (key(a) < key(b) ? 1 : -1)));
        },
      ),
      { numRuns: 12 },
    );
  }, 120_000);

  it('tells what a list needs, and nothing of somebody else', async () => {
    const jobId = await put({ owner: ownerOf('Alone'), ...within('shoes/red') });
    await put({ owner: ownerOf('Other') });
    expect((await jobs({}, 'Alone')).jobs).toEqual([
      {
        jobId,
        status: 'accepted',
        owner: ownerOf('Alone'),
        provider: 'simulated',
        model: 'veo3.1-fast',
        priceMicros: 800_000,
        createdAt: at(0),
        startFrame: { bucket: 'inbox', key: 'shoes/red/a.png' },
        folder: 'shoes/red',
      },
    ]);
  });

  it('is of one status, one folder, or both; a folder may be written with a slash at its end', async () => {
    const owner = ownerOf('Sorter');
    const open = await put({ owner, ...within('a') });
    const done = await put({ owner, ...within('a'), status: 'succeeded', createdAt: at(1) });
    const below = await put({ owner, ...within('a/b'), status: 'succeeded' });
    const top = await put({ owner, source: { bucket: 'inbox', key: 'top.png' }, status: 'succeeded' });
    const idsOf = async (query: Record<string, string>) =>
      (await jobs(query, 'Sorter')).jobs.map(({ jobId }) => jobId);
    expect(await idsOf({ status: 'accepted' })).toEqual([open]);
    expect(await idsOf({ folder: 'a' })).toEqual([done, open]);
    expect(await idsOf({ folder: 'a/' })).toEqual([done, open]);
    expect(await idsOf({ folder: 'a/b' })).toEqual([below]);
    expect(await idsOf({ folder: '' })).toEqual([top]);
    expect(await idsOf({ folder: 'a', status: 'succeeded' })).toEqual([done]);
    expect(await idsOf({ folder: 'nowhere' })).toEqual([]);
  });

  it('of a status in a folder looks at a hundred jobs for a page, and goes on where it ended', async () => {
    const owner = ownerOf('Sparse');
    const one = (second: number, status: JobState['status']) =>
      put({ owner, ...within('many'), status, createdAt: at(second) });
    const oldest = await one(0, 'failed');
    await Promise.all(Array.from({ length: 120 }, (_, index) => one(index + 1, 'running')));
    const first = await jobs({ folder: 'many', status: 'failed' }, 'Sparse');
    expect(first).toMatchObject({ jobs: [], nextCursor: expect.any(String) });
    const second = await jobs({ folder: 'many', status: 'failed', cursor: first.nextCursor ?? '' }, 'Sparse');
    expect(second).toMatchObject({ jobs: [{ jobId: oldest }] });
    expect(second).not.toHaveProperty('nextCursor');
  });

  it('no owner’s folder is another owner’s, whatever they are called', async () => {
    await put({ owner: 'jwt:a#b', source: { bucket: 'inbox', key: 'c/x.png' } });
    await put({ owner: 'jwt:a', source: { bucket: 'inbox', key: 'b#c/x.png' }, createdAt: at(1) });
    const shown = await jobs({ owner: 'jwt:a', folder: 'b#c' }, 'OnCall');
    expect(shown.jobs.map(({ owner }) => owner)).toEqual(['jwt:a']);
  });

  it('is of a time: "from" included, "to" not, in any zone, or whole days', async () => {
    const owner = ownerOf('Clock');
    for (const second of [0, 10, 20, 86_400]) await put({ owner, createdAt: at(second) });
    const timesOf = async (query: Record<string, string>) =>
      (await jobs(query, 'Clock')).jobs.map(({ createdAt }) => createdAt);
    expect(await timesOf({ from: at(10), to: at(20) })).toEqual([at(10)]);
    expect(await timesOf({ from: '2026-01-01T01:00:10+01:00', to: '2026-01-02' })).toEqual([at(20), at(10)]);
    expect(await timesOf({ from: '2026-01-02' })).toEqual([at(86_400)]);
    const { nextCursor = '' } = await jobs({ from: at(0), to: at(20), limit: '1' }, 'Clock');
    expect(await timesOf({ from: at(0), to: at(20), limit: '1', cursor: nextCursor })).toEqual([at(0)]);
  });

  it('of another owner is for admins', async () => {
    const jobId = await put({ owner: ownerOf('Seen') });
    expect((await jobs({ owner: ownerOf('Seen') }, 'OnCall')).jobs).toMatchObject([{ jobId }]);
    expect((await jobs({ owner: ownerOf('Seen') }, 'Seen')).jobs).toMatchObject([{ jobId }]);
    expect(await ask('/jobs', { owner: ownerOf('Seen') }, 'Shop')).toMatchObject({
      status: 403,
      body: { title: 'FORBIDDEN' },
    });
  });

  it('refuses a cursor that is none, or of another query', async () => {
    const owner = ownerOf('Pager');
    await put({ owner });
    await put({ owner });
    const { nextCursor = '' } = await jobs({ limit: '1' }, 'Pager');
    const refused = { status: 400, body: { title: 'INVALID_PARAMETERS', errors: [{ field: 'cursor' }] } };
    expect(await ask('/jobs', { cursor: 'nonsense' }, 'Pager')).toMatchObject(refused);
    expect(await ask('/jobs', { cursor: nextCursor, status: 'failed' }, 'Pager')).toMatchObject(refused);
    expect(await ask('/jobs', { cursor: nextCursor }, 'Shop')).toMatchObject(refused);
    expect(await ask('/attention', { cursor: nextCursor }, 'Pager')).toMatchObject(refused);
    // The size of a page may change on the way.
    expect((await jobs({ cursor: nextCursor, limit: '50' }, 'Pager')).jobs).toHaveLength(1);
  });

  it.each([
    ['limit', { limit: '0' }],
    ['limit', { limit: '101' }],
    ['limit', { limit: 'many' }],
    ['limit', { limit: '' }],
    ['limit', { limit: '1e1' }],
    ['limit', { limit: '0x10' }],
    ['status', { status: 'done' }],
    ['from', { from: 'yesterday' }],
    ['to', { to: '2026-13-01' }],
    ['to', { from: at(10), to: at(10) }],
    ['to', { to: '9999-12-31T23:59:59-23:00' }],
  ])('refuses a wrong "%s"', async (field, query) => {
    expect(await ask('/jobs', query)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

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
