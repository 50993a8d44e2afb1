import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { GetObjectCommand, NoSuchKey } from '@aws-sdk/client-s3';
import type { FrameFetch } from '../../../../../core/jobs/job.ts';
import type { handler as Handler } from '../../../../../lambdas/prepare-job.ts';
import { buckets, startAws, type TestAws } from '../../../../support/aws.ts';
import { putJob } from '../../../../support/job-items.ts';
import { acceptedState, jobRequest, runtimeSettings } from '../../../../support/jobs.ts';
import { context } from '../../../../support/lambda.ts';
import { allClosed, closeServers, type Loopback, serve } from '../../../../support/loopback.ts';
import { png } from '../../../../support/pictures.ts';

// PrepareJob with frames that are somewhere else: the handler, a server that answers as the test says, the real download.

let aws: TestAws;
let handler: typeof Handler;
let pictures: Loopback;
let elsewhere: Loopback;
let respond: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  pictures = await serve((request, response) => respond(request, response));
  elsewhere = await serve((_, response) => response.end(png()));
  aws = await startAws(
    runtimeSettings({ maxFrameBytes: 10_000, privateFrameOrigins: [pictures.origin], sharedFrames: false }),
  );
  ({ handler } = await import('../../../../../lambdas/prepare-job.ts'));
}, 120_000);
afterAll(async () => {
  closeServers();
  await aws.stop();
});
beforeEach(() => {
  pictures.seen.length = 0;
  respond = (_, response) => response.setHeader('content-type', 'image/png').end(png(320, 180));
});

let count = 0;
/** A job whose start frame (or whatever the request says) is to be fetched. */
const ordered = async (url = `${pictures.origin}/shoe.png?token=secret`) => {
  count += 1;
  const jobId = `job${count}`;
  const location = { bucket: buckets.frames, key: `fetched/owner/${jobId}-frame` };
  const fetch: FrameFetch = { location, url };
  await putJob(acceptedState({ jobId }), jobRequest({ startFrame: location, fetches: [fetch] }));
  return { jobId, location };
};
const prepare = (jobId: string) => handler({ jobId, run: 1 }, context);
const stateOf = async (jobId: string) => (await aws.items(jobId)).STATE;
const kept = async ({ bucket, key }: FrameFetch['location']): Promise<Buffer | undefined> => {
  try {
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
};

describe('a frame of the web', () => {
  it('is kept with the job, looked at as any frame, and the job goes on', async () => {
    const { jobId, location } = await ordered();
    expect(await prepare(jobId)).toMatchObject({ next: 'submit' });
    expect((await kept(location))?.equals(png(320, 180))).toBe(true);
    expect(await stateOf(jobId)).toMatchObject({ status: 'accepted', frame: { width: 320, height: 180 } });
    expect(pictures.seen).toEqual(['/shoe.png?token=secret']);
    await allClosed(pictures);
  });

  it('is not asked for again once it is kept, also when nothing else was written', async () => {
    const { jobId, location } = await ordered();
    await aws.put(location.key, png(100, 100), {}, buckets.frames);
    expect(await prepare(jobId)).toMatchObject({ next: 'submit' });
    expect(await stateOf(jobId)).toMatchObject({ frame: { width: 100 } });
    expect(pictures.seen).toEqual([]);
  });

  it('that another run has kept meanwhile is not written over', async () => {
    const { jobId, location } = await ordered();
    respond = async (_, response) => {
      await aws.put(location.key, png(100, 100), {}, buckets.frames);
      response.end(png(320, 180));
    };
    expect(await prepare(jobId)).toMatchObject({ next: 'submit' });
    expect(await stateOf(jobId)).toMatchObject({ frame: { width: 100 } });
  });

  it('may be packed for the way, and elsewhere on the same server', async () => {
    const { jobId } = await ordered();
    respond = ({ url }, response) =>
      url === '/there'
        ? response.setHeader('content-encoding', 'gzip').end(gzipSync(png(320, 180)))
        : response.writeHead(302, { location: '/there' }).end();
    expect(await prepare(jobId)).toMatchObject({ next: 'submit' });
    expect(pictures.seen).toHaveLength(2);
  });

  it('may be a last frame or one of several references', async () => {
    const at = (field: string) => ({ bucket: buckets.frames, key: `fetched/owner/references-${field}` });
    const { startFrame: _, ...request } = jobRequest({
      referenceFrames: [at('1'), at('2')],
      fetches: [1, 2].map((index) => ({ location: at(String(index)), url: `${pictures.origin}/${index}` })),
    });
    await putJob(acceptedState({ jobId: 'references' }), request);
    respond = ({ url }, response) => response.end(url === '/1' ? png(100, 100) : png(200, 200));
    expect(await prepare('references')).toMatchObject({ next: 'submit' });
    expect(await stateOf('references')).toMatchObject({ referenceFrames: [{ width: 100 }, { width: 200 }] });
  });
});

describe('fails for good at the first try, free, with a reason, and keeps nothing:', () => {
  const declared = (bytes: number) => (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'content-length': bytes });
    response.write(png());
  };
  it.each<[string, typeof respond, string]>([
    ['an error page', (_, r) => r.end('<!doctype html><html></html>'), 'an HTML page'],
    ['nothing', (_, r) => r.end(), 'empty'],
    ['half a picture', (_, r) => r.end(png(320, 180).subarray(0, 80)), 'PNG'],
    ['a picture that is not there', (_, r) => r.writeHead(404).end(), 'answers the download with 404'],
    ['one that is not for us', (_, r) => r.writeHead(403).end(), '403'],
    ['one that says it is too large', declared(10_001), 'It has 10001 bytes; at most 10000'],
    ['one that turns out too large', (_, r) => void r.write(Buffer.alloc(10_001)), 'more than 10000 bytes'],
    [
      'a bomb',
      (_, r) => r.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(5_000_000))),
      'more than',
    ],
    [
      'one that is at an address of this machine',
      (_, r) => r.writeHead(302, { location: elsewhere.origin }).end(),
      'only https',
    ],
    [
      'one that is in the cloud’s metadata',
      (_, r) => r.writeHead(302, { location: 'https://169.254.169.254/' }).end(),
      'not a public address',
    ],
  ])('%s', async (_, answer, words) => {
    respond = answer;
    const { jobId, location } = await ordered();
    expect(await prepare(jobId)).toMatchObject({ next: 'end' });
    const items = await aws.items(jobId);
    expect(items.STATE).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_FRAME', charged: 'no', message: expect.stringContaining(words) },
    });
    expect(JSON.stringify([items.STATE, items['EVENT#000002']])).not.toContain('secret');
    expect(await kept(location)).toBeUndefined();
    expect(elsewhere.seen).toEqual([]);
    await allClosed(pictures);
  });

  it('an address that is not public', async () => {
    const { jobId } = await ordered(`${elsewhere.origin}/shoe.png`);
    expect(await prepare(jobId)).toMatchObject({ next: 'end' });
    expect(await stateOf(jobId)).toMatchObject({ status: 'failed', failure: { code: 'INVALID_FRAME' } });
    expect(elsewhere.seen).toEqual([]);
  });
});

describe('is tried again by the workflow', () => {
  it.each<[string, typeof respond]>([
    ['when the server is down for a moment', (_, r) => r.writeHead(503).end()],
    ['when it is asked too often', (_, r) => r.writeHead(429).end()],
    ['when the line breaks', (_, r) => r.socket?.destroy()],
    ['when the picture is cut', (_, r) => r.writeHead(200, { 'content-length': 900 }).end(png())],
  ])('%s', async (_, trouble) => {
    const { jobId, location } = await ordered();
    const well = respond;
    respond = trouble;
    await expect(prepare(jobId)).rejects.toMatchObject({ name: 'FrameNotFetched' });
    expect(await stateOf(jobId)).toMatchObject({ status: 'accepted', unconfirmed: { answers: 1 } });
    expect(await kept(location)).toBeUndefined();
    respond = well;
    expect(await prepare(jobId)).toMatchObject({ next: 'submit' });
    expect(await stateOf(jobId)).not.toHaveProperty('unconfirmed');
  });

  it('three times, and then the job fails, free, and says why', async () => {
    const { jobId } = await ordered();
    respond = (_, response) => response.writeHead(503).end();
    for (const _ of [1, 2, 3])
      await expect(prepare(jobId)).rejects.toMatchObject({ name: 'FrameNotFetched' });
    expect(await prepare(jobId)).toMatchObject({ next: 'end' });
    expect(await stateOf(jobId)).toMatchObject({
      status: 'failed',
      failure: {
        code: 'INVALID_FRAME',
        charged: 'no',
        message: expect.stringMatching(
          /^The frame was not fetched: http:\/\/127\S+ answers the download with 503\. It was tried 4 times\.$/,
        ),
      },
    });
  });
});
