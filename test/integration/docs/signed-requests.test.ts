import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { isSignedWith } from '../../support/strict-wire/signature.ts';
import { newMemory, readRequest, type WireRequest } from '../../support/strict-wire/wire-request.ts';

// Every shell block of the pages that sign requests is run as it stands, with a server in place of the API that checks
// signatures by AWS's document. Only what would reach the network or this machine is replaced: aws, npm, npx and sleep.

const repository = join(__dirname, '../../..');
const pages = ['README.md', 'docs/guides/api.md', 'docs/guides/batches.md', 'docs/runbook.md'];
const read = (page: string): string => readFileSync(join(repository, page), 'utf8');

const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret/with+signs' };
const secrets: Record<string, string> = {
  test: 'test',
  [keys.AWS_ACCESS_KEY_ID]: keys.AWS_SECRET_ACCESS_KEY,
};

let server: Server;
let folder: string;
let apiUrl: string;
const seen: WireRequest[] = [];

/** An answer with every field that the pages read. */
const answer = () => ({
  url: `${apiUrl.replace(/\/api$/, '')}/files`,
  fields: { key: 'value' },
  frameKey: 'uploads/frame',
  jobId: 'job1',
  batchId: 'batch1',
  status: 'succeeded',
  priceMicros: 1,
});

beforeAll(async () => {
  const memory = newMemory(secrets);
  server = createServer(async (message, response) => {
    const request = readRequest(message, await buffer(message), memory);
    // What lies outside of the API is a place for a picture or a video: nobody signs there.
    if (request.path.startsWith('/api/')) seen.push(request);
    response.end(JSON.stringify(answer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  folder = mkdtempSync(join(tmpdir(), 'startframe-docs-'));
  cpSync(join(repository, 'examples'), join(folder, 'examples'), { recursive: true });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const scriptOf = (page: string): string =>
  [...read(page).matchAll(/^( *)```sh\n([\s\S]*?)^ *```/gm)]
    .map(([, indent = '', block = '']) => block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
    // An id that the reader puts in.
    .map((block) => block.replaceAll(/<[\w ]+>/g, 'id1'))
    .join('\n');

const run = async (page: string, environment: NodeJS.ProcessEnv): Promise<string> => {
  const outputs = `ApiUrl=${apiUrl} region=eu-central-1 AwsAccessKeyId=${keys.AWS_ACCESS_KEY_ID} AwsSecretAccessKey=${keys.AWS_SECRET_ACCESS_KEY}`;
  const replaced = [
    'aws() { [ "$2" = receive-message ] || echo id1; }',
    'npm() { :; }',
    `npx() { [ "$2" = outputs ] && echo '${outputs}' || echo '{}'; }`,
    'sleep() { :; }',
  ];
  // An address that stands in the page is the one of the reader's stack.
  const shell = spawn('bash', ['-c', [...replaced, `ApiUrl=${apiUrl}`, scriptOf(page)].join('\n')], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, AWS_REGION: 'eu-central-1', ...keys, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
  });
  return text(shell.stderr);
};

describe.each(pages)('%s', (page) => {
  it.each([
    ['with the keys of a user', {}],
    ['with the keys of a session', { AWS_SESSION_TOKEN: 'token+/=' }],
  ])('signs every request as AWS checks it, %s', async (_, environment) => {
    seen.length = 0;
    const said = await run(page, environment);
    const signed = seen.filter(({ signature }) => signature);
    expect(said).not.toMatch(/syntax error|command not found/);
    // A page that signs nothing any more is no longer for this test.
    expect(signed.length).toBeGreaterThan(0);
    const wrong = signed.filter(
      (request) =>
        request.signature &&
        !isSignedWith(request, request.signature, secrets[request.signature.accessKeyId] ?? ''),
    );
    expect(wrong.map(({ method, target }) => `${method} ${target}`)).toEqual([]);
    for (const { signature } of signed)
      expect(signature).toMatchObject({ service: 'execute-api', region: 'eu-central-1' });
  });

  it('sorts query parameters, which older versions of curl sign as they stand', async () => {
    seen.length = 0;
    await run(page, {});
    const queries = seen.map(({ target }) => target.split('?')[1] ?? '');
    for (const query of queries) expect(query.split('&').sort().join('&')).toBe(query);
    // Nor does curl encode what a signature wants encoded.
    for (const query of queries) expect(query).toMatch(/^[\w.~%&=-]*$/);
  });

  it('names no region that every reader would have to change in the command', () => {
    expect(read(page)).not.toMatch(/aws:amz:[a-z]/);
  });
});

it('every page that signs with curl is read here', () => {
  const tracked = execFileSync('git', ['ls-files', '*.md'], { cwd: repository, encoding: 'utf8' });
  const found = tracked.split('\n').filter((page) => page !== '' && read(page).includes('--aws-sigv4'));
  expect(found.sort()).toEqual([...pages].sort());
});
