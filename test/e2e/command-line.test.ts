import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GetSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { withoutAws } from '../../local/cloud-access.ts';
import { TestStack } from '../support/clouds/test-stack.ts';

// The bundle that people run, in a process of its own, against the real template with IAM enforced.

const repository = join(__dirname, '..', '..');
let stack: TestStack;
let folder: string;

const node = (words: readonly string[], environment: NodeJS.ProcessEnv = {}, input = '') =>
  new Promise<{ code: number; out: string; err: string }>((resolve, reject) => {
    const child = spawn(process.execPath, words, {
      cwd: folder,
      env: { ...withoutAws(process.env), AWS_EC2_METADATA_DISABLED: 'true', ...environment },
    });
    child.on('error', reject);
    child.stdin.end(input);
    Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number>((end) => child.once('close', end)),
    ]).then(([out, err, code]) => resolve({ code, out, err }), reject);
  });

const startframe = (words: readonly string[], input?: string) =>
  node(
    [join(repository, 'dist', 'startframe.js'), ...words, '--outputs', stack.cloud.outputsFile],
    {},
    input,
  );

/** What a person has in the environment to use the local cloud as its root user. */
const rootKeys = () => ({
  AWS_ACCESS_KEY_ID: stack.cloud.access.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: stack.cloud.access.credentials.secretAccessKey,
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'startframe-cli-'));
  const built = await node([join(repository, 'cli', 'build.ts')], {
    PATH: `${join(repository, 'node_modules', '.bin')}:${process.env.PATH}`,
  });
  if (built.code !== 0) throw new Error(built.err);
  stack = await TestStack.join('calm');
}, 300_000);
afterAll(async () => {
  stack.leave();
  rmSync(folder, { recursive: true, force: true });
});

const picture = join(repository, 'examples', 'frame.jpg');
const Job = z.looseObject({ jobId: z.string(), status: z.string() });

test('a picture becomes a video in a file, with one command', async () => {
  const { code, out, err } = await startframe(['make', picture, '-p', 'Waves roll in.', '-o', 'waves.mp4']);
  expect({ code, err }).toEqual({
    code: 0,
    err: expect.stringMatching(
      /Accepted {2}veo3\.1-fast at simulated, list price \$0\.80\n.*Submitted {2}task \S+\n.*Succeeded {2}8 s of 1280×720, /s,
    ),
  });
  const file = join(folder, 'waves.mp4');
  expect(out).toBe(`${file}\n`);
  expect(readFileSync(file).subarray(4, 8).toString()).toBe('ftyp');
  expect(existsSync(`${file}.part`)).toBe(false);
  expect(await stack.ordered('Waves')).toHaveLength(1);

  const { jobs } = z
    .object({ jobs: z.array(Job) })
    .parse(JSON.parse((await startframe(['jobs', '--json'])).out));
  const [job] = jobs;
  expect(job).toMatchObject({ status: 'succeeded' });
  const shown = await startframe(['show', job?.jobId ?? '']);
  expect(shown.out).toMatch(/Job \w+ {2}succeeded\n.*Waves roll in\..*\$0\.80.*Submitted {2}task \S+\n/s);
  expect((await startframe(['jobs'])).out).toMatch(/^job +status +age +cost +model/);

  // A folder gets a file with a name of its own.
  const got = await startframe(['get', job?.jobId ?? '', '-o', folder]);
  expect(readFileSync(got.out.trim())).toEqual(readFileSync(file));
  const opened = await startframe(['open', job?.jobId ?? '', '--print']);
  const part = await fetch(opened.out.trim(), { headers: { range: 'bytes=4-7' } });
  expect([part.status, await part.text()]).toEqual([206, 'ftyp']);
}, 120_000);

test('a prompt alone, without waiting; then who leaves is told how to go on, and the job goes on', async () => {
  const made = await startframe(['make', '-p', 'A paper boat.']);
  expect(made.code).toBe(0);
  const jobId = made.out.trim();
  const done = await startframe(['get', jobId, '-o', 'boat.mp4']);
  expect(done).toMatchObject({ code: 0, out: `${join(folder, 'boat.mp4')}\n` });
}, 60_000);

test('Ctrl-C leaves the job alone and no half a file behind', async () => {
  const child = spawn(
    process.execPath,
    [
      join(repository, 'dist', 'startframe.js'),
      'make',
      '-p',
      'Left.',
      '-o',
      'left.mp4',
      '--outputs',
      stack.cloud.outputsFile,
    ],
    { cwd: folder, env: withoutAws(process.env) },
  );
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stderr.once('data', () => setTimeout(() => child.kill('SIGINT'), 300));
  const err = text(child.stderr);
  expect(await ended).toBe(130);
  const [, jobId = ''] = /startframe get (\w+)/.exec(await err) ?? [];
  expect((await stack.until(jobId, ({ state }) => state.status === 'succeeded')).state.jobId).toBe(jobId);
  expect(existsSync(join(folder, 'left.mp4'))).toBe(false);
  expect(existsSync(join(folder, 'left.mp4.part'))).toBe(false);
}, 60_000);

test('a job that fails is exit code 1, with the reason and whether it was charged', async () => {
  const { code, out, err } = await startframe(['make', '-p', 'A boat. [[fault:failed]]', '--wait']);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/PROVIDER_FAILED: .*What to do: .*Charged: /s);
}, 60_000);

test('a cancel before the order costs nothing', async () => {
  await startframe(['providers', 'pause', 'resting']);
  const jobId = (await startframe(['make', '-p', 'Never ordered.', '--provider', 'resting'])).out.trim();
  await stack.until(jobId, ({ state }) => state.status === 'queued');
  expect((await startframe(['show', jobId])).out).toMatch(/waits +.*paused the submits of provider resting/);
  expect(await startframe(['cancel', jobId])).toMatchObject({
    code: 0,
    out: expect.stringContaining('cancelled'),
  });
  await startframe(['providers', 'resume', 'resting']);
  expect(await stack.ordered('Never ordered.')).toHaveLength(0);
}, 60_000);

test('a batch is a video of each good row, and says which rows were refused', async () => {
  const rows = ['prompt,aspect-ratio', 'Row one.,16:9', 'Row two.,5:4', 'Row three.,9:16'];
  writeFileSync(join(folder, 'boats.csv'), rows.join('\n'));
  const { code, out, err } = await startframe(['batch', 'boats.csv', '--wait']);
  expect({ code, err }).toEqual({
    code: 1,
    err: expect.stringMatching(/^Batch \w+ at .*1 of 3 rows have no video\.\n$/s),
  });
  expect(out).toMatch(
    /rows +3: 2 accepted, 1 refused\n +jobs +2 succeeded\n.*refused lines\n +3 .*aspectRatio "5:4"/s,
  );
  expect(await stack.ordered('Row')).toHaveLength(2);
  const [, id = ''] = /^Batch (\w+)/.exec(out) ?? [];
  const shown = JSON.parse((await startframe(['batch-status', id, '--json'])).out);
  expect(shown).toMatchObject({ status: 'finished', refusedRows: [{ line: 3 }] });
  expect(await startframe(['batch', 'nothing.csv'])).toMatchObject({ code: 2 });
}, 120_000);

test('doctor finds all well; an empty secret it finds, and set-key mends it without a trace of the key', async () => {
  const well = await startframe(['doctor']);
  expect(well).toMatchObject({ code: 0, out: expect.stringContaining('All is well.') });

  const SecretId = stack.output('ProviderSecretArnResting');
  const { secrets } = stack.clients;
  const { VersionId } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  await secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: VersionId,
    }),
  );
  const found = await startframe(['doctor']);
  expect(found).toMatchObject({
    code: 1,
    out: expect.stringContaining('startframe set-key resting'),
  });

  const set = await startframe(['set-key', 'resting'], `${stack.cloud.gatewayKey}\n`);
  expect(set.code).toBe(0);
  expect(set.out + set.err).not.toContain(stack.cloud.gatewayKey);
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  expect(SecretString).toBe(stack.cloud.gatewayKey);
  expect(await startframe(['doctor'])).toMatchObject({ code: 0 });
  expect(await startframe(['set-key', 'nobody'], 'key')).toMatchObject({
    code: 4,
    err: expect.stringContaining(
      'it has simulated, simulated-gemini, simulated-openai-video, form, calling, resting',
    ),
  });
}, 60_000);

test('a stack is found by its name, with the ordinary credentials; without any nobody gets in', async () => {
  const cli = join(repository, 'dist', 'startframe.js');
  const aws = { AWS_ENDPOINT_URL: stack.cloud.access.endpoint, AWS_REGION: 'us-east-1' };
  const keys = rootKeys();
  const found = await node([cli, 'jobs', '--stage', 'local', '--json'], { ...aws, ...keys });
  expect({ code: found.code, err: found.err }).toEqual({ code: 0, err: '' });
  expect(await node([cli, 'jobs', '--stage', 'nowhere'], { ...aws, ...keys })).toMatchObject({
    code: 4,
    err: expect.stringContaining('There is no stack startframe-nowhere in us-east-1.'),
  });
  // A profile, as people have them.
  writeFileSync(
    join(folder, 'credentials'),
    `[work]\naws_access_key_id = ${keys.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${keys.AWS_SECRET_ACCESS_KEY}\n`,
  );
  const files = { AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'), AWS_CONFIG_FILE: '/dev/null' };
  const profile = ['--stage', 'local', '--profile', 'work', '--region', 'us-east-1'];
  const { AWS_ENDPOINT_URL } = aws;
  expect(await node([cli, 'jobs', ...profile], { AWS_ENDPOINT_URL, ...files })).toMatchObject({ code: 0 });
  const nobody = { ...aws, AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_CONFIG_FILE: '/dev/null' };
  expect(await node([cli, 'jobs', '--stage', 'local'], nobody)).toMatchObject({
    code: 3,
    err: expect.stringMatching(/^No AWS credentials were found/),
  });
}, 60_000);

test('the package brings all that it needs, types included', async () => {
  const npm = (words: readonly string[], cwd: string) =>
    new Promise<string>((resolve, reject) => {
      const child = spawn('npm', words, { cwd, env: { ...process.env, npm_config_ignore_scripts: 'true' } });
      const out = text(child.stdout);
      child.once('close', (code) =>
        code === 0 ? out.then(resolve) : reject(new Error(`npm ${words[0]}: ${code}`)),
      );
    });
  const packed = await npm(['pack', '--json', '--pack-destination', folder], repository);
  const [, filename = ''] = /"filename": "([^"]+)"/.exec(packed) ?? [];
  const home = join(folder, 'node_modules', 'startframe');
  await new Promise<void>((resolve, reject) => {
    const child = spawn('sh', [
      '-c',
      `mkdir -p "${home}" && tar -xzf "${join(folder, filename)}" -C "${home}" --strip-components 1`,
    ]);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`tar: ${code}`))));
  });
  writeFileSync(
    join(folder, 'order.mts'),
    `import { ApiProblem, createClient, type Job } from 'startframe';
const api = createClient({ baseUrl: '${stack.output('ApiUrl')}', sign: { region: 'us-east-1' } });
const job: Job = await api.waitForJob(process.argv[2] ?? '');
const problem = await api.createJob({ resolution: '8k' }).catch((error: unknown) => error);
console.log(job.status, problem instanceof ApiProblem && problem.title);
`,
  );
  // The types alone, as somebody's TypeScript reads them.
  const types = await node([
    join(repository, 'node_modules', 'typescript', 'bin', 'tsc'),
    ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'],
    ...['--typeRoots', join(repository, 'node_modules', '@types'), 'order.mts'],
  ]);
  expect(types).toMatchObject({ code: 0, out: '' });
  const jobId = await stack.order({ prompt: 'Packed.' });
  const ran = await node(['order.mts', jobId], rootKeys());
  expect(ran).toMatchObject({ out: 'succeeded INVALID_PARAMETERS\n' });
}, 120_000);
