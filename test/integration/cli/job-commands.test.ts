import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import type { handler as Handler } from '../../../lambdas/job-api.ts';
import { serveApi } from '../../support/api-server.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import type { TestServer } from '../../support/http-server.ts';
import { putItem, putJob } from '../../support/job-items.ts';
import { acceptedState, jobRequest, providerSettings, runtimeSettings } from '../../support/jobs.ts';
import { png } from '../../support/pictures.ts';
import { type RunOptions, startframe } from '../../support/startframe.ts';

let aws: TestAws;
let server: TestServer;
let userArn = 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc';
const owner = '111122223333:role/Shop';
const folder = mkdtempSync(join(tmpdir(), 'startframe-make-'));

beforeAll(async () => {
  aws = await startAws(
    runtimeSettings({ admins: ['111122223333:role/OnCall'], providers: { simulated: providerSettings() } }),
  );
  const { handler }: { handler: typeof Handler } = await import('../../../lambdas/job-api.ts');
  server = await serveApi(handler, () => userArn);
}, 120_000);
afterAll(async () => {
  await server.close();
  await aws.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (words: string, options: RunOptions = {}) =>
  startframe([...words.split(' '), '--url', server.url], options);
const put = (jobId: string, changes: Partial<Parameters<typeof acceptedState>[0]> = {}) =>
  putJob(acceptedState({ jobId, owner, priceMicros: 800_000, ...changes }), jobRequest());

const failure = {
  code: 'CONTENT_FILTERED' as const,
  message: 'Withheld.\u001b[2J',
  advice: 'Change the prompt.',
  charged: 'no' as const,
};

describe('show', () => {
  it('tells of a job what a person wants to know, and obeys nothing that stands in it', async () => {
    await put('shown', { status: 'failed', failure });
    const { code, out } = await run('show shown');
    expect(code).toBe(0);
    expect(out).toContain('Job shown  failed\n');
    expect(out).toContain('CONTENT_FILTERED: Withheld.');
    expect(out).toContain('What to do: Change the prompt.\nCharged: no.');
    expect(out).toContain('$0.80');
    expect(out).not.toContain('\u001b');
  });

  it('tells a program everything, as JSON and nothing else', async () => {
    await put('json', {});
    const { out, err } = await run('show json --json');
    expect(JSON.parse(out)).toMatchObject({ jobId: 'json', status: 'accepted', priceMicros: 800_000 });
    expect(err).toBe('');
  });

  it('shows colours at a terminal, and none to who wants none', async () => {
    await put('color', {});
    expect((await run('show color', { columns: 80 })).out).toContain('\u001b[34maccepted\u001b[0m');
    expect((await run('show color', { columns: 80, environment: { NO_COLOR: '1' } })).out).not.toContain(
      '\u001b',
    );
  });

  it('waits with --wait, and says by its exit code that there is no video', async () => {
    await put('waited', { status: 'failed', failure });
    expect(await run('show waited --wait')).toMatchObject({
      code: 1,
      err: expect.stringContaining('CONTENT_FILTERED'),
    });
    const { code, out } = await run('show waited --wait --json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ status: 'failed' });
  });

  it('says how to go on to who leaves', async () => {
    await put('left', {});
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 300);
    const { code, err } = await run('show left --wait', { signal: leaving.signal });
    expect(code).toBe(130);
    expect(err).toContain('startframe show left');
  });

  it('of somebody else’s job says that it is not there', async () => {
    await put('foreign', { owner: 'somebody' });
    expect(await run('show foreign')).toMatchObject({
      code: 4,
      out: '',
      err: 'NOT_FOUND: There is no job foreign.\n',
    });
  });
});

describe('cancel', () => {
  it('stops a job before its order', async () => {
    await put('cancelled', {});
    const { code, out } = await run('cancel cancelled --json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ status: 'cancelled', failure: { charged: 'no' } });
  });

  it('says what else can be said where the provider cannot be asked to stop', async () => {
    await put('running', { status: 'running', task: { id: 'task' }, attempt: 1 });
    expect(await run('cancel running')).toMatchObject({
      code: 5,
      err: expect.stringContaining('startframe cancel running --abandon'),
    });
    expect(await run('cancel running --abandon')).toMatchObject({ code: 0 });
    expect((await aws.items('running')).STATE).toMatchObject({ cancelRequest: { abandon: true } });
  });
});

describe('redrive', () => {
  const unanswered = async (jobId: string) => {
    await put(jobId, {
      status: 'submit-unknown',
      attempt: 1,
      attention: { reason: 'SUBMIT_UNANSWERED', since: '2026-01-01T00:00:00.000Z' },
    });
    await putItem({
      pk: `J#${jobId}`,
      sk: 'ATTEMPT#1',
      attempt: 1,
      requestHash: 'hash',
      startedAt: '2026-01-01T00:00:00.000Z',
      leaseUntil: '2026-01-01T00:02:00.000Z',
    });
  };
  const runOf = async (jobId: string) => (await aws.items(jobId)).STATE?.run;

  it('orders nothing again by itself: a script is told what to say, with the price', async () => {
    await unanswered('script');
    const { code, err } = await run('redrive script');
    expect(code).toBe(5);
    expect(err).toContain('0.80 USD');
    expect(err).toContain('startframe redrive script --confirm-resubmit');
    expect(await runOf('script')).toBe(1);
  });

  it('asks who sits there, and does nothing unless they say the word', async () => {
    await unanswered('asked');
    for (const typed of ['\n', 'yes\n', 'y\n']) {
      const { code, err } = await run('redrive asked', { columns: 100, typed });
      expect(code).toBe(5);
      expect(err).toContain('submit  submit again: costs $0.80');
      expect(await runOf('asked')).toBe(1);
    }
    expect(await run('redrive asked', { columns: 100, typed: 'submit\n' })).toMatchObject({ code: 0 });
    expect((await aws.items('asked')).STATE).toMatchObject({ run: 2, confirmedAttempt: 1 });
  });

  it('takes up a task, and gives up', async () => {
    await unanswered('task');
    expect(await run('redrive task --task task_1')).toMatchObject({ code: 0 });
    expect((await aws.items('task')).STATE).toMatchObject({ status: 'running', task: { id: 'task_1' } });
    await unanswered('given-up');
    expect(await run('redrive given-up', { columns: 100, typed: 'give up\n' })).toMatchObject({ code: 0 });
    expect((await aws.items('given-up')).STATE).toMatchObject({ status: 'failed' });
  });

  it('takes one word, not two', async () => {
    expect(await run('redrive x --give-up --confirm-resubmit')).toMatchObject({ code: 2 });
  });
});

describe('make', () => {
  it('orders a video of a prompt, and says the id of the job and nothing else on standard output', async () => {
    const { code, out, err } = await run('make -p boat --metadata campaign=a=b --duration 8 --extra {"a":1}');
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('list price $0.80') });
    const jobId = out.trim();
    expect((await aws.items(jobId)).REQUEST).toMatchObject({
      metadata: { campaign: 'a=b' },
      parameters: { prompt: 'boat', durationSeconds: 8, extra: { a: 1 } },
    });
    const { executions = [] } = await aws.sfn.send(
      new ListExecutionsCommand({ stateMachineArn: aws.stateMachineArn }),
    );
    expect(executions.map(({ name }) => name)).toContain(`${jobId}-1`);
  });

  it('uploads pictures that are files, and names those that are elsewhere', async () => {
    writeFileSync(join(folder, 'boat.png'), png());
    await aws.put('last.png', png(), {}, buckets.frames);
    const made = await run(`make boat.png --last-frame s3://${buckets.frames}/last.png -p boat`, { folder });
    expect(made).toMatchObject({ code: 0 });
    const { startFrame, lastFrame } = (await aws.items(made.out.trim())).REQUEST ?? {};
    expect(startFrame).toMatchObject({
      bucket: buckets.frames,
      key: expect.stringMatching(/^uploads\/.*-boat\.png$/),
    });
    expect(lastFrame).toMatchObject({ bucket: buckets.frames, key: 'last.png' });
    const live = await run('make boat.png -p boat', { folder, columns: 80 });
    expect(live.err).toContain('upload boat.png  ████████████████████████ 100 %');
    const far = await run('make -p boat --reference https://example.com/a.png --json');
    expect(JSON.parse(far.out)).toMatchObject({ scene: 'reference-to-video' });
  });

  it('only prices with --dry-run', async () => {
    const { code, out } = await run('make -p boat --dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^Dry run: no job was made\.\n {2}made by +veo3\.1-fast at simulated\n.*list price +\$0\.80/s,
    );
    expect(JSON.parse((await run('make -p boat --dry-run --json')).out)).toMatchObject({ dryRun: true });
  });

  it('is the same job with the same key', async () => {
    const [one, other] = [await run('make -p A --key order-1'), await run('make -p A --key order-1')];
    expect(one.out).toBe(other.out);
    expect(await run('make -p B --key order-1')).toMatchObject({
      code: 2,
      err: expect.stringContaining('IDEMPOTENCY_KEY_REUSED'),
    });
  });

  it.each([
    ['make -p A --resolution 8k', '720p, 1080p, 4k'],
    ['make -p A --duration soon', '--duration: a number of seconds'],
    ['make -p A --extra [1]', '--extra must be a JSON object'],
    ['make nowhere.png', 'There is no picture /nowhere/nowhere.png'],
    ['make package.json', 'cannot be a start frame: '],
    ['make a.png b.png', 'too many arguments'],
    ['make -p A --colour red', 'unknown option'],
    ['mak', 'Did you mean make?'],
  ])('refuses what cannot be used, before anything is spent: %s', async (words, says) => {
    const folder = words.includes('package.json') ? process.cwd() : '/nowhere';
    const { code, out, err } = await run(words, { folder });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
  });
});

describe('models', () => {
  it('are those of the stage, with its default', async () => {
    const { code, out } = await run('models');
    expect(code).toBe(0);
    expect(out).toMatch(/^veo3\.1-fast \* +simulated +8 +720p \$0\.10/m);
    expect(JSON.parse((await run('models veo3.1-fast --json')).out).models[0]).toMatchObject({
      isDefault: true,
    });
  });
});

describe('delete', () => {
  it('asks who sits there, and does nothing for a script that does not say --yes', async () => {
    await put('deleted', { status: 'failed', failure, finishedAt: '2026-01-01T00:00:00.000Z' });
    expect(await run('delete deleted')).toMatchObject({ code: 5, err: expect.stringContaining('--yes') });
    expect(await run('delete deleted', { columns: 80, typed: 'n\n' })).toMatchObject({ code: 5 });
    expect((await aws.items('deleted')).STATE).toBeDefined();
    expect(await run('delete deleted', { columns: 80, typed: 'y\n' })).toMatchObject({ code: 0 });
    expect(await run('show deleted')).toMatchObject({ code: 4 });
  });

  it('leaves alone what is on its way', async () => {
    await put('going', { status: 'running', task: { id: 'task' } });
    expect(await run('delete going --yes')).toMatchObject({ code: 5 });
  });
});

describe('providers', () => {
  it('are for admins, who stop orders and let them go on', async () => {
    expect(await run('providers')).toMatchObject({ code: 3, err: expect.stringContaining('FORBIDDEN') });
    userArn = 'arn:aws:sts::111122223333:assumed-role/OnCall/ann';
    try {
      expect((await run('providers')).out).toMatch(/simulated +\d+ +0 +go out/);
      const paused = await startframe([
        'providers',
        'pause',
        'simulated',
        '--reason',
        'too dear',
        '--url',
        server.url,
      ]);
      expect(paused.out).toContain('paused the submits of provider simulated: too dear');
      expect((await run('providers resume simulated')).out).toContain('go out');
      expect(await run('providers pause nobody')).toMatchObject({ code: 4 });
    } finally {
      userArn = 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc';
    }
  });
});

test('an API that is not there is said in one sentence', async () => {
  const { code, err } = await startframe(['cancel', 'x', '--url', 'http://127.0.0.1:1']);
  expect(code).toBe(1);
  expect(err).toMatch(/^http:\/\/127\.0\.0\.1:1 gave no answer \(.+\)\.\n$/);
});
