import { fail } from '../../../core/jobs/ending.ts';
import type { JobState } from '../../../core/jobs/job.ts';
import type { handler as Handler } from '../../../lambdas/job-api.ts';
import { serveApi } from '../../support/api-server.ts';
import { startAws, type TestAws } from '../../support/aws.ts';
import type { TestServer } from '../../support/http-server.ts';
import { putItem, putJob } from '../../support/job-items.ts';
import { acceptedState, jobRequest, runtimeSettings } from '../../support/jobs.ts';
import { type RunOptions, startframe } from '../../support/startframe.ts';

let aws: TestAws;
let server: TestServer;
const owner = '111122223333:role/Shop';

beforeAll(async () => {
  aws = await startAws(runtimeSettings());
  const { handler }: { handler: typeof Handler } = await import('../../../lambdas/job-api.ts');
  server = await serveApi(handler, () => 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc');
}, 120_000);
afterAll(async () => {
  await server.close();
  await aws.stop();
});

const run = (words: string, options: RunOptions = {}) =>
  startframe([...words.split(' '), '--url', server.url], options);
const put = (jobId: string, changes: Partial<JobState>) =>
  putJob(acceptedState({ jobId, owner, priceMicros: 800_000, ...changes }), jobRequest());

test('who has no jobs, no matters and no costs is told so', async () => {
  expect(await run('jobs')).toMatchObject({ code: 0, out: 'No jobs.\n' });
  expect(await run('attention')).toMatchObject({ code: 0, out: 'Nothing needs you.\n' });
  expect((await run('spend')).out).toMatch(/all .*\$0\.00 +\$0\.00\n/);
});

describe('jobs', () => {
  beforeAll(async () => {
    for (let number = 0; number < 130; number += 1)
      await put(`job-${String(number).padStart(3, '0')}`, {
        createdAt: new Date(Date.UTC(2026, 10, 21, 9, 0, number)).toISOString(),
        status: number % 2 === 0 ? 'running' : 'queued',
        source: { bucket: 'inbox', key: `boats/${number}.png` },
      });
    await put('foreign', { owner: 'somebody' });
  }, 60_000);

  it('are a table, newest first, and say that there are more', async () => {
    const { out } = await run('jobs -n 2');
    expect(out).toMatch(
      /^job +status +age +cost +model +picture\njob-129 +queued .*\$0\.80.*\njob-128 +running .*\n/,
    );
    expect(out).toContain('There are more: --limit 8');
  });

  it('are as many as were asked for, whatever a page holds, each once', async () => {
    const listed = JSON.parse((await run('jobs -n 120 --json')).out);
    expect(new Set(listed.jobs.map(({ jobId }: { jobId: string }) => jobId)).size).toBe(120);
    expect(listed.nextCursor).toEqual(expect.any(String));
    expect(JSON.parse((await run('jobs -n 500 --json')).out)).not.toHaveProperty('nextCursor');
  });

  it('are those that were asked for', async () => {
    const ids = async (words: string) =>
      JSON.parse((await run(`jobs --json ${words}`)).out).jobs.map(({ jobId }: { jobId: string }) => jobId);
    expect(await ids('--status queued -n 2')).toEqual(['job-129', 'job-127']);
    expect(await ids('--from 2026-11-21T09:00:01Z --to 2026-11-21T09:00:03Z')).toEqual([
      'job-002',
      'job-001',
    ]);
    expect(await ids('--folder cars')).toEqual([]);
  });

  it.each([
    ['jobs --status done', 2, '--status: one of accepted, queued'],
    ['jobs -n many', 2, '--limit: a whole number'],
    ['jobs --from yesterday', 2, 'INVALID_PARAMETERS'],
    ['jobs --owner somebody', 3, 'FORBIDDEN'],
  ])('%s is refused', async (words, code, says) => {
    expect(await run(words)).toMatchObject({ code, out: '', err: expect.stringContaining(says) });
  });

  it('fit a narrow terminal', async () => {
    const { out } = await run('jobs -n 1', { columns: 48, environment: { NO_COLOR: '1' } });
    expect(
      Math.max(
        ...out
          .split('\n')
          .slice(0, 2)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(48);
  });

  it('are watched: where nobody looks, a line for each change, until Ctrl-C', async () => {
    const leaving = new AbortController();
    const watched = run('jobs --watch -n 2', { signal: leaving.signal });
    setTimeout(() => put('job-129', { createdAt: '2026-11-21T09:02:09.000Z', status: 'storing' }), 1000);
    setTimeout(() => leaving.abort(), 3500);
    const { out, code } = await watched;
    expect(out).toBe('job-128  running\njob-129  queued\njob-129  storing\n');
    expect(code).toBe(0);
  });
});

test('attention says which job, why, and what to do', async () => {
  const failure = {
    code: 'DOWNLOAD_FAILED' as const,
    message: 'Gone.',
    advice: 'Fetch it by hand.',
    charged: 'yes' as const,
  };
  const running = acceptedState({ jobId: 'needy', owner, status: 'running' });
  await putJob(fail(running, failure, '2026-11-21T09:00:00.000Z').state, jobRequest());
  const { out, code } = await run('attention');
  expect(code).toBe(0);
  expect(out).toMatch(
    /^needy {2}DOWNLOAD_FAILED {2}for \d+ \w+\n {2}Fetch it by hand\.\n {2}docs\/runbook\.md#/,
  );
});

test('spend adds up days and models', async () => {
  const day = new Date().toISOString().slice(0, 10);
  const amounts = {
    jobs: 3,
    succeeded: 2,
    failed: 1,
    cancelled: 0,
    videos: 2,
    seconds: 16,
    atStakeMicros: 800_000,
  };
  await putItem({
    pk: `STATS#${owner}#${day}`,
    sk: 'veo3.1',
    ...amounts,
    micros: 1_600_000,
    costMicros: 1_600_000,
  });
  const { out } = await run(`spend --day ${day}`);
  expect(out).toMatch(new RegExp(`${day} +veo3\\.1 +3 +1 +2 +16 +\\$1\\.60 +\\$0\\.80\nall`));
  expect(out).toContain(`Owner ${owner}, ${day} to ${day}.`);
  expect(JSON.parse((await run('stats --json')).out)).toMatchObject({ total: { costMicros: 1_600_000 } });
  expect(await run('spend --day today')).toMatchObject({ code: 2 });
});
