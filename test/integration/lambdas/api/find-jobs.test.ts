import fc from 'fast-check';
import { findRoutes } from '../../../../core/api/find-routes.ts';
import type { JobState } from '../../../../core/jobs/job.ts';
import { at } from '../../../support/jobs.ts';
import { ask, bodyOf, ownerOf, put, setUpFinding } from './find-jobs-builder.ts';

setUpFinding();

const jobs = async (query: Record<string, string> = {}, role = 'Shop') =>
  bodyOf(findRoutes.listJobs, await ask('/jobs', query, role));

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
