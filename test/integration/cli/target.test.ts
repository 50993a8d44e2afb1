import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Received, serve, type TestServer } from '../../support/http-server.ts';
import { startframe } from '../../support/startframe.ts';

let folder: string;
let server: TestServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'startframe-target-'));
  const job = {
    jobId: 'x',
    status: 'running',
    owner: 'o',
    scene: 'text-to-video',
    metadata: {},
    createdAt: '',
  };
  server = await serve(() => ({ status: 200, body: JSON.stringify(job) }));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const own = { AwsAccessKeyId: 'LOCALKEY', AwsSecretAccessKey: 'local-secret' };

const local = (base = folder, url = server.url, more = {}) => {
  const file = join(base, '.local', 'outputs.json');
  mkdirSync(join(base, '.local'), { recursive: true });
  writeFileSync(
    file,
    JSON.stringify({ endpoint: url, region: 'us-east-1', ApiUrl: `${url}/api`, gatewayUrl: url, ...more }),
  );
  return file;
};
/** The calls of the API, without those that only look whether something is there. */
const calls = (): Received[] => server.received.filter(({ url }) => url.includes('/jobs/'));

// Somebody's real account: the local stack never sees it.
const account = { AWS_ACCESS_KEY_ID: 'AKIAREAL', AWS_SECRET_ACCESS_KEY: 'real', AWS_REGION: 'eu-west-1' };

describe('which stack', () => {
  it('is the local one of the clone that a person is in, however deep, with its own credentials', async () => {
    local();
    const deep = join(folder, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    const { code } = await startframe(['show', 'x'], { folder: deep, environment: account });
    expect(code).toBe(0);
    expect(calls()[0]?.url).toBe('/api/jobs/x');
    expect(calls()[0]?.headers.authorization).toContain('Credential=test/');
  });

  it('is called with the credentials that its outputs name, by its address too', async () => {
    local(folder, server.url, own);
    await startframe(['show', 'x'], { folder, environment: account });
    await startframe(['show', 'x', '--url', `${server.url}/api`], { folder, environment: account });
    for (const { headers } of calls()) expect(headers.authorization).toContain('Credential=LOCALKEY/');
    expect(calls()).toHaveLength(2);
  });

  it('gives its credentials to no other address', async () => {
    const other = await serve(() => ({ status: 404, body: '' }));
    local(folder, server.url, own);
    await startframe(['show', 'x', '--url', other.url], { folder, environment: account });
    await other.close();
    expect(other.received.map(({ headers }) => headers.authorization)).toEqual([
      expect.stringContaining('Credential=test/'),
    ]);
  });

  it('is none on AWS by itself: where the local one does not run, a person has to name it', async () => {
    local(folder, 'http://127.0.0.1:1');
    const { code, err } = await startframe(['make', '-p', 'A'], { folder, environment: account });
    expect(code).toBe(2);
    expect(err).toMatch(/^No stack is named, .*--stage dev.*STARTFRAME_STACK/);
  });

  it('is the one whose outputs are named', async () => {
    const file = local(join(folder, 'elsewhere'));
    expect(await startframe(['show', 'x', '--outputs', file], { folder })).toMatchObject({ code: 0 });
    expect(await startframe(['show', 'x', '--outputs', 'nothing'], { folder })).toMatchObject({
      code: 2,
      err: 'nothing does not hold the outputs of a local stack.\n',
    });
  });

  it('is the address that is named, by an option before the environment before the local one', async () => {
    local(folder, 'http://127.0.0.1:1');
    const environment = { STARTFRAME_URL: `${server.url}/environment` };
    await startframe(['show', 'x'], { folder, environment });
    await startframe(['show', 'x', '--url', `${server.url}/option`], { folder, environment });
    expect(calls().map(({ url }) => url)).toEqual(['/environment/jobs/x', '/option/jobs/x']);
    expect(await startframe(['show', 'x', '--url', 'ftp://x'], { folder })).toMatchObject({ code: 2 });
    expect(await startframe(['show', 'x', '--stack', 'a', '--stage', 'b'], { folder })).toMatchObject({
      code: 2,
    });
  });
});

it('calls with a key or a token of the environment, where there is one', async () => {
  const say = (environment: NodeJS.ProcessEnv) =>
    startframe(['show', 'x', '--url', server.url], { environment });
  await say({ STARTFRAME_API_KEY: 'sf_key' });
  await say({ STARTFRAME_TOKEN: 'token' });
  const [first, second] = calls().map(({ headers }) => headers);
  expect(first).toMatchObject({ 'x-api-key': 'sf_key' });
  expect(second).toMatchObject({ authorization: 'Bearer token' });
});

describe('outputs', () => {
  const run = (...words: string[]) => startframe(['outputs', ...words], { folder, environment: account });

  it('are lines that a shell evaluates, without secrets', async () => {
    local(folder, server.url, { ...own, Odd: `it's $(rm -rf ~)`, 'no-name': 'x' });
    const { code, out } = await run();
    expect({ code, out }).toEqual({
      code: 0,
      out: `endpoint='${server.url}'
region='us-east-1'
ApiUrl='${server.url}/api'
gatewayUrl='${server.url}'
Odd='it'\\''s $(rm -rf ~)'
`,
    });
    const shell = execFileSync('sh', ['-c', `${out}\nprintf %s "$Odd"`], { encoding: 'utf8' });
    expect(shell).toBe(`it's $(rm -rf ~)`);
    expect((await run('--json')).out).not.toContain('local-secret');
  });

  it('have the credentials of the local cloud where a person wants them', async () => {
    local(folder, server.url, own);
    const { out } = await run('--credentials');
    expect(out).toContain("AwsAccessKeyId='LOCALKEY'\nAwsSecretAccessKey='local-secret'\n");
    expect(JSON.parse((await run('--credentials', '--json')).out)).toMatchObject(own);
  });

  it('never have those of a person', async () => {
    const file = local(folder, 'https://cloud.example:4566');
    const { code, out, err } = await run('--credentials', '--outputs', file);
    expect({ code, out, err }).toEqual({
      code: 2,
      out: '',
      err: 'the local stack has no credentials of its own. Use yours.\n',
    });
  });
});

it.each([['STARTFRAME_API_KEY'], ['STARTFRAME_TOKEN'], ['AWS_ACCESS_KEY_ID']])(
  'sends no %s over plain HTTP to another machine',
  async (name) => {
    const environment = { ...account, [name]: 'secret' };
    expect(await startframe(['show', 'x', '--url', 'http://api.example'], { environment })).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(/^http:\/\/api\.example is not encrypted: .* Use https:\/\//),
    });
  },
);
