import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  ListBucketsCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { signing } from '../../../client/sign.ts';
import { type CloudAccess, localAccess } from '../../../local/cloud-access.ts';
import { newCloudSecrets } from '../../../local/cloud-secrets.ts';
import { Endings } from '../../../local/endings.ts';
import { resetMiniStack, startMiniStack } from '../../../local/ministack.ts';
import { ensurePythonEnvironment } from '../../../local/python-environment.ts';
import { freePort } from '../../support/free-port.ts';

// A web page that a developer visits while npm start runs can send requests to this machine. What it can send is what a browser
// sends of it: these requests have the headers that browsers set and pages cannot change.

const endings = new Endings();
const secrets = newCloudSecrets();
const console = 'http://127.0.0.1:4700';
let access: CloudAccess;
let s3: S3Client;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-guard-'));
  endings.add(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  access = localAccess(port, secrets);
  const { python } = await ensurePythonEnvironment();
  await startMiniStack(python, { port, folder, secrets, allowedOrigins: [console] }, endings);
  s3 = new S3Client({ ...access, forcePathStyle: true, maxAttempts: 1 });
  await s3.send(new CreateBucketCommand({ Bucket: 'kept' }));
  await s3.send(new PutObjectCommand({ Bucket: 'kept', Key: 'page.html', Body: 'kept' }));
}, 120_000);
afterAll(async () => {
  s3?.destroy();
  await endings.run();
});

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const send = ({ method = 'GET', path = '/_ministack/health', headers = {}, body }: Sent) =>
  new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      const sent = request(new URL(access.endpoint + path), { method, headers, agent: false }, (response) => {
        text(response).then(
          (read) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read }),
          reject,
        );
      });
      sent.once('error', reject).end(body);
    },
  );

const corsOf = (headers: NodeJS.Dict<string | string[]>) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

const buckets = async () => (await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name);

const evil = 'https://attacker.example';
const crossSite = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
const navigation = { ...crossSite, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const reset = { method: 'POST', path: '/_ministack/reset' };
const preflight = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,x-amz-target',
};
const token = { 'x-startframe-token': secrets.resetToken };
/** A page may set this header after a preflight; `test` was root, and so was any account id. */
const rootAs = (key: string) =>
  `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00`;

test.each<[string, Sent]>([
  ['reads', { headers: { origin: evil } }],
  ['reads as another port of this machine', { headers: { origin: 'http://127.0.0.1:3000' } }],
  ['reads from a frame without an origin', { headers: { origin: 'null' } }],
  [
    'reads from an origin that begins like ours',
    { headers: { origin: 'http://127.0.0.1.attacker.example' } },
  ],
  [
    'empties the cloud by a form',
    { ...reset, headers: { origin: evil, 'content-type': 'text/plain' }, body: 'x' },
  ],
  ['empties it with the token', { ...reset, headers: { origin: evil, ...token } }],
  [
    'asks for leave to send what it likes',
    { method: 'OPTIONS', path: '/', headers: { origin: evil, ...preflight } },
  ],
  ['shows a picture from here', { headers: crossSite }],
  ['shows one from another port', { headers: { ...crossSite, 'sec-fetch-site': 'same-site' } }],
  ['shows one in a frame', { headers: { ...navigation, 'sec-fetch-dest': 'iframe' } }],
  ['posts by a navigation', { ...reset, headers: navigation }],
  ['rebinds its name to this machine', { headers: { host: 'attacker.example' } }],
  ['rebinds a name with ours in it', { headers: { host: 'localhost.attacker.example' } }],
  ['rebinds a name of the API', { headers: { host: 'abcdef01.execute-api.attacker.example' } }],
  [
    'rebinds its name and says it is at home',
    {
      ...reset,
      headers: {
        host: 'attacker.example',
        origin: 'http://attacker.example',
        'sec-fetch-site': 'same-origin',
      },
    },
  ],
])('a page that %s is refused', async (_, sent) => {
  const { status, headers } = await send(sent);
  expect({ status, cors: corsOf(headers) }).toEqual({ status: 403, cors: [] });
  expect(await buckets()).toEqual(['kept']);
});

test.each<[string, Sent, number]>([
  ['a program', {}, 200],
  ['a person at the address line', { headers: { ...navigation, 'sec-fetch-site': 'none' } }, 200],
  ['a link to it', { headers: navigation }, 200],
  ['a page of its own', { headers: { 'sec-fetch-site': 'same-origin' } }, 200],
  ['the name of a bucket', { path: '/page.html', headers: { host: 'kept.localhost' } }, 403],
])('%s is let through', async (_, sent, status) => {
  const answer = await send(sent);
  expect(answer.status).toBe(status);
  expect(answer.body).not.toContain('loopback');
  expect(answer.body).not.toContain('Web pages');
});

test('no answer has a wildcard for pages', async () => {
  const sign = signing({ service: 'sqs', region: access.region, credentials: secrets });
  const headers = { accept: 'application/json' };
  const path = '/?Action=ListQueues';
  const signed = await sign({ method: 'GET', url: new URL(access.endpoint + path), headers });
  const answer = await send({ path, headers: signed });
  expect(answer.body).toContain('ListQueuesResult');
  expect(corsOf(answer.headers)).toEqual([]);
});

test('a page that npm start serves is named, and nobody else', async () => {
  const answer = await send({ method: 'OPTIONS', path: '/', headers: { origin: console, ...preflight } });
  expect(answer).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': console } });
});

test('a page may use a bucket whose CORS names it, and nothing beside', async () => {
  const studio = 'https://studio.example.com';
  await s3.send(new CreateBucketCommand({ Bucket: 'shared' }));
  const rule = { AllowedOrigins: [studio], AllowedMethods: ['GET'], AllowedHeaders: ['range'] };
  await s3.send(new PutBucketCorsCommand({ Bucket: 'shared', CORSConfiguration: { CORSRules: [rule] } }));
  const ask = (path: string, origin: string, method = 'GET') =>
    send({
      method: 'OPTIONS',
      path,
      headers: { origin, 'access-control-request-method': method, 'sec-fetch-site': 'cross-site' },
    });
  expect(await ask('/shared/video.mp4', studio)).toMatchObject({
    status: 200,
    headers: { 'access-control-allow-origin': studio },
  });
  for (const [path, origin, method] of [
    ['/shared/video.mp4', studio, 'PUT'],
    ['/shared/video.mp4', evil, 'GET'],
    ['/kept/page.html', studio, 'GET'],
    ['/_ministack/reset', studio, 'POST'],
  ] as const)
    expect((await ask(path, origin, method)).status).toBe(403);
});

test('the cloud is emptied with the token of its folder only', async () => {
  for (const headers of [{}, { 'x-startframe-token': '' }, { 'x-startframe-token': 'guess' }]) {
    const { status } = await send({ ...reset, headers });
    expect(status).toBe(403);
  }
  for (const path of [
    '/_ministack/config',
    '/_ministack/sqs/messages',
    '/_ministack/lambda-code/f',
    '/%5fministack/reset',
  ])
    expect((await send({ method: 'POST', path })).status).toBe(403);
  await expect(resetMiniStack(access.endpoint, newCloudSecrets())).rejects.toThrow('not emptied (HTTP 403)');
  expect(await buckets()).toContain('kept');
});

test.each([
  ['test', 'test'],
  ['000000000000', '000000000000'],
  ['111122223333', '111122223333'],
  ['of this folder', secrets.accessKeyId],
])('the root key %s opens nothing without the right signature', async (_, key) => {
  const credentials = { accessKeyId: key, secretAccessKey: 'test' };
  const guessing = new S3Client({ ...access, credentials, forcePathStyle: true, maxAttempts: 1 });
  await expect(guessing.send(new ListBucketsCommand({}))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
  guessing.destroy();
  const scope = `${key}%2F20260101%2Fus-east-1%2Fsqs%2Faws4_request`;
  const list = '/?Action=ListQueues';
  for (const sent of [
    { path: `${list}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${scope}` },
    { path: `${list}&X-Amz-Credential=${scope}` },
    { path: `${list}&AWSAccessKeyId=${key}` },
    { path: list, headers: { authorization: rootAs(key) } },
    { path: list },
  ]) {
    const { status, body } = await send(sent);
    expect({ sent, isRefused: status === 400 || status === 403 }).toEqual({ sent, isRefused: true });
    expect(body).not.toContain('ListQueuesResult');
  }
});

test('a request without a signature opens nothing', async () => {
  const seen: { authorization?: string | undefined; path: string; status: number; body: string }[] = [];
  for (const authorization of [
    'Bearer x',
    'Basic dGVzdDp0ZXN0',
    'AWS4-HMAC-SHA256',
    'AWS test:x',
    undefined,
  ]) {
    const headers = authorization === undefined ? {} : { authorization };
    for (const path of ['/', '/kept', '/kept/page.html', '/?Action=ListQueues', '/?Action=ListUsers']) {
      const { status, body } = await send({ path, headers });
      seen.push({ authorization, path, status, body });
    }
  }
  for (const [method, path] of [
    ['PUT', '/kept/new'],
    ['PUT', '/made'],
    ['DELETE', '/kept/page.html'],
    ['POST', '/kept'],
  ] as const)
    seen.push({ path: `${method} ${path}`, ...(await send({ method, path, body: 'x' })) });
  const isOpen = ({ status, body }: { status: number; body: string }) =>
    status < 400 || status >= 500 || /^kept|Result>/.test(body);
  expect(seen.filter(isOpen)).toEqual([]);
});

test('addresses that the root user signed are checked too', async () => {
  const url = new URL(await getSignedUrl(s3, new PutObjectCommand({ Bucket: 'kept', Key: 'a' })));
  const path = url.pathname + url.search;
  expect((await send({ method: 'PUT', path, body: 'a' })).status).toBe(200);
  expect((await send({ method: 'PUT', path: path.replace('/a?', '/b?'), body: 'a' })).status).toBe(403);
});

test('the token empties it', async () => {
  await resetMiniStack(access.endpoint, secrets);
  expect(await buckets()).toEqual([]);
});
