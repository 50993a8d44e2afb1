import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod';
import { findRoutes } from '../../core/api/find-routes.ts';
import { JobView } from '../../core/api/job-view.ts';
import { isOver, TestStack } from '../support/clouds/test-stack.ts';

// Jobs found, videos opened and jobs deleted by the API: the real template, IAM enforced, signed calls.

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
const gemini = { provider: 'simulated-gemini', model: 'veo-3.1-fast-generate-preview' };
/** Who reads his own jobs, and an admin, who reads those of the inbox too. */
let stack: TestStack;
let admin: TestStack;
let dropped: string;
let ordered: string;

const list = async (query: string, caller = stack) =>
  findRoutes.listJobs.answers[200].body.parse((await caller.call('GET', `/jobs${query}`)).body);
const idsOf = async (query: string, caller = stack) =>
  (await list(query, caller)).jobs.map(({ jobId }) => jobId);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const until = async (isThere: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 100 && !(await isThere()); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await isThere()).toBe(true);
};

beforeAll(async () => {
  admin = await TestStack.join('calm');
  stack = admin.as({ role: 'reader' });
  await stack.put('InboxBucketName', 'shoes/red/1.jpg', frame, { which: 'one' });
  ordered = await stack.order({ ...gemini, prompt: 'Two boats.', videoCount: 2 });
  const { state } = await stack.until(() => stack.jobBy('which', 'one'), isOver);
  dropped = state.jobId;
  expect(state.status).toBe('succeeded');
  expect((await stack.until(ordered, isOver)).state.status).toBe('succeeded');
}, 400_000);
afterAll(() => stack?.leave());

it('lists jobs by owner, status, folder and time, page by page, newest first', async () => {
  const second = await stack.order({ ...gemini, prompt: 'A second one.' });
  await stack.until(second, isOver);
  await until(async () => (await idsOf('?status=succeeded')).length === 2);
  expect(await idsOf('')).toEqual([second, ordered]);
  const first = await list('?limit=1');
  expect(first.jobs.map(({ jobId }) => jobId)).toEqual([second]);
  const { nextCursor = '' } = first;
  expect(await list(`?limit=1&cursor=${nextCursor}`)).toMatchObject({ jobs: [{ jobId: ordered }] });
  const other = await stack.call('GET', `/jobs?status=failed&cursor=${nextCursor}`);
  expect(other).toMatchObject({ status: 400, body: { title: 'INVALID_PARAMETERS' } });
  // What was dropped is another owner's, and the caller is an admin.
  expect(await idsOf('?owner=drop&folder=shoes/red', admin)).toEqual([dropped]);
  expect(await idsOf('?owner=drop&folder=shoes', admin)).toEqual([]);
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  expect(await idsOf(`?owner=drop&from=${hourAgo}`, admin)).toEqual([dropped]);
  expect(await idsOf('?owner=drop&to=2026-01-01', admin)).toEqual([]);
}, 120_000);

it('opens a video by a redirect and by its address, in parts, in the version that was stored', async () => {
  const { video } = JobView.parse((await admin.call('GET', `/jobs/${dropped}`)).body);
  const redirect = await admin.ask('GET', `/jobs/${dropped}/video`);
  expect(redirect.status).toBe(302);
  expect(redirect.headers.get('cache-control')).toBe('no-store');
  const url = redirect.headers.get('location') ?? '';
  // The function that signed it reaches the cloud through the strict wire, and so does whoever opens it.
  expect(new URL(url).origin).toBe(stack.cloud.wireUrl);
  const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
  expect(sha256(whole)).toBe(video?.sha256);
  const part = await fetch(url, { headers: { range: 'bytes=4-7' } });
  expect([part.status, await part.text()]).toEqual([206, 'ftyp']);
  expect(part.headers.get('content-range')).toBe(`bytes 4-7/${whole.length}`);

  const told = await stack.ask('GET', `/jobs/${ordered}/video?output=2`, { accept: 'application/json' });
  expect(told.status).toBe(200);
  const address = z.object({ url: z.string(), expiresAt: z.string() }).parse(await told.json());
  const { moreVideos = [] } = (await stack.job(ordered))?.state ?? {};
  expect(new URL(address.url).searchParams.get('versionId')).toBe(moreVideos[0]?.versionId);
  expect((await fetch(address.url, { headers: { range: 'bytes=0-9' } })).status).toBe(206);
  expect((await stack.ask('GET', `/jobs/${ordered}/video?output=3`)).status).toBe(404);
});

it('says what ended how, and what needs a person', async () => {
  const stats = await admin.call('GET', '/stats?owner=drop');
  expect(stats).toMatchObject({ status: 200, body: { total: { jobs: 1, succeeded: 1, videos: 1 } } });
  expect(await stack.call('GET', '/attention')).toMatchObject({ status: 200, body: { items: [] } });
  expect(await admin.call('GET', '/attention?owner=drop')).toMatchObject({
    status: 200,
    body: { items: [] },
  });
});

it('only the public routes answer who is not signed', async () => {
  const plain = async (path: string) => (await fetch(stack.url(path))).status;
  expect(await plain('/health')).toBe(200);
  for (const path of ['/jobs', '/attention', '/stats', `/jobs/${ordered}/video`])
    expect(await plain(path)).toBe(403);
});

it('deletes a job with its files, for good, and does not order it again', async () => {
  const headers = { 'idempotency-key': 'only-once' };
  const order = { ...gemini, prompt: 'To be deleted.' };
  const { body } = await stack.call('POST', '/jobs', order, headers);
  const jobId = body.jobId ?? '';
  expect(await stack.call('DELETE', `/jobs/${jobId}`)).toMatchObject({
    status: 409,
    body: { title: 'JOB_OPEN' },
  });
  const { state } = await stack.until(jobId, isOver);
  const prefix = state.outputKey.replace(/^videos\//, '').replace(/\.mp4$/, '');
  expect(await stack.videoKeys(prefix)).toHaveLength(2);
  expect((await stack.ask('DELETE', `/jobs/${jobId}`)).status).toBe(204);
  expect(await stack.videoKeys(prefix)).toEqual([]);
  expect((await stack.ask('GET', `/jobs/${jobId}`)).status).toBe(404);
  expect((await stack.ask('DELETE', `/jobs/${jobId}`)).status).toBe(204);
  expect(await stack.call('POST', '/jobs', order, headers)).toMatchObject({
    status: 409,
    body: { title: 'JOB_DELETED' },
  });
  expect(await stack.ordered('To be deleted.')).toHaveLength(1);
  await until(async () => !(await idsOf('')).includes(jobId));

  expect((await admin.ask('DELETE', `/jobs/${dropped}`)).status).toBe(204);
  expect(await stack.videoKeys('shoes/red/1.jpg')).toEqual([]);
  expect(await idsOf('')).toContain(ordered);
}, 120_000);

it('takes a path that is signed as it is sent, as curl does, and no wrong secret with it', async () => {
  const { region, credentials } = admin.cloud.access;
  const url = admin.url('/jobs');
  const statusWith = async (secretAccessKey: string) => {
    const signer = new SignatureV4({
      ...{ service: 'execute-api', region, credentials: { ...credentials, secretAccessKey } },
      sha256: Hash.bind(null, 'sha256'),
      uriEscapePath: false,
    });
    const { hostname, port, host, pathname: path, protocol } = url;
    const request = { method: 'GET', protocol, hostname, port: Number(port), path, headers: { host } };
    const { host: _, ...headers } = (await signer.sign(request)).headers;
    return (await fetch(url, { headers })).status;
  };
  expect(await statusWith(credentials.secretAccessKey)).toBe(200);
  expect(await statusWith('wrong')).toBe(403);
});
