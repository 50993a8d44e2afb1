import { HeadObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { DryRun } from '../../../../core/api/dry-run.ts';
import { Upload } from '../../../../core/api/upload-routes.ts';
import { Env } from '../../../../core/kernel/contract.ts';
import { fetchedKey, uploadKey } from '../../../../core/request/media-reference.ts';
import type { handler as Handler } from '../../../../lambdas/job-api.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { buckets, startAws, type TestAws } from '../../../support/aws.ts';
import { forgetProvider, itemsOf, putItem } from '../../../support/job-items.ts';
import { providerSettings, runtimeSettings } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';
import { png } from '../../../support/pictures.ts';

let aws: TestAws;
let handler: typeof Handler;

const shop = '111122223333:role/Shop';
const onCall = '111122223333:role/OnCall';

beforeAll(async () => {
  aws = await startAws(
    runtimeSettings({
      admins: [onCall],
      sharedFrames: false,
      maxFrameBytes: 20_000,
      budgets: { owners: { [shop]: { dailyDollars: 2 }, '111122223333:role/Poor': { dailyDollars: 0.5 } } },
      privateFrameOrigins: ['http://10.0.0.7:8080'],
      providers: {
        simulated: providerSettings(),
        busy: providerSettings({ models: ['veo3'], maxInFlight: 1 }),
      },
    }),
  );
  ({ handler } = await import('../../../../lambdas/job-api.ts'));
  await aws.put('shoe.png', png());
  await aws.put('by-hand.png', png(), {}, buckets.frames);
}, 120_000);
afterAll(() => aws.stop());

const call = async (
  routeKey: string,
  { body, owner = shop, headers = {} }: { body?: unknown; owner?: string; headers?: Record<string, string> },
) => {
  const event = apiEvent(routeKey, {
    headers,
    authorizer: signedBy(`arn:aws:sts::${owner.replace(':role/', ':assumed-role/')}/session`),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await handler(event, context);
  return { status: answer.statusCode, headers: answer.headers ?? {}, text: answer.body ?? '' };
};

const Job = z.looseObject({ jobId: z.string() });
const order = (body: unknown, owner = shop, headers = {}) => call('POST /jobs', { body, owner, headers });
const requestOf = async (text: string) => (await aws.items(Job.parse(JSON.parse(text)).jobId)).REQUEST;

describe('an upload', () => {
  const wish = { filename: 'my shoe.png', contentType: 'image/png', size: png().length };
  const upload = async (owner = shop) => {
    const { status, headers, text } = await call('POST /uploads', { body: wish, owner });
    expect({ status, headers }).toMatchObject({ status: 201, headers: { 'cache-control': 'no-store' } });
    return Upload.parse(JSON.parse(text));
  };
  const send = ({ url, fields }: Upload, bytes: Buffer, changes: Record<string, string> = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, ...changes })) form.append(name, value);
    form.append('file', new Blob([new Uint8Array(bytes)]));
    return fetch(url, { method: 'POST', body: form });
  };

  it('gets a form that puts this one picture where its owner can order from', async () => {
    const made = await upload();
    expect(made.frameKey).toMatch(/^uploads\/[0-9a-f]{32}\/[0-9a-f-]{36}-my_shoe\.png$/);
    expect(Date.parse(made.expiresAt) - Date.now()).toBeLessThanOrEqual(900_000);
    expect((await send(made, png())).status).toBe(204);
    const stored = await aws.s3.send(new HeadObjectCommand({ Bucket: buckets.frames, Key: made.frameKey }));
    expect(stored.ContentType).toBe('image/png');
    const { status, text } = await order({ frame: { key: made.frameKey } });
    expect(status).toBe(202);
    expect(await requestOf(text)).toMatchObject({
      startFrame: { bucket: buckets.frames, key: made.frameKey },
    });
  });

  it('is another each time', async () => {
    expect((await upload()).frameKey).not.toBe((await upload()).frameKey);
  });

  it('is for a picture of this size and type under this key', async () => {
    const made = await upload();
    const refused = [
      await send(made, Buffer.concat([png(), Buffer.alloc(1)])),
      await send(made, Buffer.alloc(0)),
      await send(made, png(), { 'Content-Type': 'text/html' }),
      await send(made, png(), { key: 'somewhere-else.png' }),
    ];
    for (const { status } of refused) expect([400, 403]).toContain(status);
  });

  it('on AWS goes to the host of the bucket', async () => {
    const { AWS_ENDPOINT_URL } = process.env;
    delete process.env.AWS_ENDPOINT_URL;
    process.env[Env.frameBucketHost] = 'test-frames.s3.us-east-1.amazonaws.com';
    const { url } = await upload();
    process.env.AWS_ENDPOINT_URL = AWS_ENDPOINT_URL;
    expect(url).toBe('https://test-frames.s3.us-east-1.amazonaws.com/');
  });

  it.each([
    ['too large', { ...wish, size: 20_001 }, 413, 'FRAME_TOO_LARGE', 'size'],
    ['empty', { ...wish, size: 0 }, 400, 'INVALID_PARAMETERS', 'size'],
    ['no picture', { ...wish, contentType: 'image/svg+xml' }, 400, 'INVALID_PARAMETERS', 'contentType'],
    ['without a name', { ...wish, filename: '' }, 400, 'INVALID_PARAMETERS', 'filename'],
    ['with something else', { ...wish, key: 'mine' }, 400, 'INVALID_PARAMETERS', 'body'],
  ])('%s is refused', async (_, body, status, title, field) => {
    const answer = await call('POST /uploads', { body });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ title, errors: [{ field }] });
  });
});

describe('whose frames an order may name', () => {
  const key = uploadKey('111122223333:role/Other', 'id', 'a.png');
  const s3Uri = `s3://${buckets.frames}/${key}`;
  beforeAll(() => aws.put(key, png(), {}, buckets.frames));
  const refusal = async (body: unknown, owner?: string) => {
    const { status, text } = await order(body, owner);
    expect(status).toBe(400);
    return text;
  };

  it.each([
    ['as a frame by its key', { frame: { key } }],
    ['as a frame by its address in S3', { frame: { s3Uri } }],
    ['as a last frame', { frame: { key: uploadKey(shop, 'id', 'a.png') }, lastFrame: { s3Uri } }],
    ['as a reference frame', { prompt: 'A', referenceFrames: [{ key }] }],
  ])('another’s upload %s is as if it were not there', async (_, body) => {
    await aws.put(uploadKey(shop, 'id', 'a.png'), png(), {}, buckets.frames);
    const answered = await refusal(body);
    expect(answered).toContain('there is no such object');
    const missing = JSON.parse(JSON.stringify(body).replaceAll(key, key.replace('a.png', 'b.png')));
    expect((await refusal(missing)).replaceAll('b.png', 'a.png')).toBe(answered);
  });

  it('its owner and an admin may', async () => {
    expect((await order({ frame: { key } }, '111122223333:role/Other')).status).toBe(202);
    expect((await order({ frame: { s3Uri } }, onCall)).status).toBe(202);
  });

  it('what people put there by hand is for admins, where the stage does not share it', async () => {
    for (const by of [`s3://${buckets.inbox}/shoe.png`, `s3://${buckets.frames}/by-hand.png`]) {
      expect(await refusal({ frame: { s3Uri: by } })).toContain('POST /uploads');
      expect(await refusal({ frame: { s3Uri: `${by}-not-there` } })).toContain('POST /uploads');
      expect((await order({ frame: { s3Uri: by } }, onCall)).status).toBe(202);
    }
  });
});

describe('a frame by its address', () => {
  const url = 'https://pictures.example/shoe.png?token=secret';

  it('is written down with where it will be kept, and fetched by nobody yet', async () => {
    const { status, text } = await order({ frame: { url }, lastFrame: { url } });
    expect(status).toBe(202);
    expect(text).not.toContain('secret');
    const { jobId } = Job.parse(JSON.parse(text));
    const at = (field: string) => ({ bucket: buckets.frames, key: fetchedKey(shop, jobId, field) });
    expect((await aws.items(jobId)).REQUEST).toMatchObject({
      startFrame: at('frame'),
      lastFrame: at('lastFrame'),
      fetches: [
        { location: at('frame'), url },
        { location: at('lastFrame'), url },
      ],
    });
    const { 'EVENT#000001': event, STATE } = await aws.items(jobId);
    expect(JSON.stringify([event, STATE])).not.toContain('secret');
  });

  it('has a place of its own for each reference frame', async () => {
    const { text } = await order({ prompt: 'A', referenceFrames: [{ url }, { url }] });
    const request = z
      .object({ referenceFrames: z.array(z.object({ key: z.string() })) })
      .parse(await requestOf(text));
    expect(new Set(request.referenceFrames.map(({ key }) => key)).size).toBe(2);
  });

  it('may be where the stage says so, though it is private', async () => {
    expect((await order({ frame: { url: 'http://10.0.0.7:8080/a.png' } })).status).toBe(202);
  });

  it.each([
    ['http', 'http://pictures.example/a.png', 'only https'],
    ['this machine', 'https://127.0.0.1/a.png', 'not a public address'],
    ['this machine in other words', 'https://2130706433/a.png', 'not a public address'],
    ['the metadata of the cloud', 'https://169.254.169.254/latest', 'not a public address'],
    ['with credentials', 'https://me:hunter22@pictures.example/a.png?b=hunter22', 'holds credentials'],
    ['a port of something else', 'https://pictures.example:25/a.png', 'not a port'],
    ['no URL', 'https://[', 'not a URL'],
    ['another port of what is allowed', 'http://10.0.0.7:9090/a.png', 'only https'],
  ])('is refused at once: %s', async (_, bad, words) => {
    const { status, text } = await order({ frame: { url: bad } });
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ title: 'INVALID_PARAMETERS', errors: [{ field: 'frame' }] });
    expect(text).toContain(words);
    expect(text).not.toContain('hunter22');
  });
});

describe('bad orders', () => {
  it.each([
    ['a frame above the limit', 'frame', { frame: { key: uploadKey(shop, 'large', 'a.png') } }],
    ['an upload with a key that no object can have', 'frame', { frame: { key: 'é'.repeat(600) } }],
    ['an upload above the bucket', 'frame', { frame: { key: '../frames' } }],
    ['a prompt with a control character', 'prompt', { prompt: 'a\u0007b' }],
    ['half a character in a prompt', 'prompt', { prompt: 'a\ud800' }],
    ['a provider that every object has', 'provider', { prompt: 'A', provider: 'constructor' }],
    ['a model of such a provider', 'provider', { prompt: 'A', provider: '__proto__', model: 'veo3' }],
    [
      'metadata above 2 KB',
      'metadata',
      { prompt: 'A', metadata: { a: 'é'.repeat(1000), b: 'x'.repeat(100) } },
    ],
  ])('%s is 400 and names %s', async (_, field, body) => {
    await aws.put(uploadKey(shop, 'large', 'a.png'), Buffer.alloc(20_001), {}, buckets.frames);
    const { status, text } = await order(body);
    expect({ status, text }).toMatchObject({
      status: 400,
      text: expect.stringContaining(`"field":"${field}"`),
    });
  });

  it('a prompt with lines, tabs and every writing is fine', async () => {
    const { status } = await order({ prompt: 'A boat.\r\n\tEin Böot. 舟 👩‍🎨 🇩🇪' });
    expect(status).toBe(202);
  });

  it('as long as a body may be, an order is a job or a 400, and one byte more is 413', async () => {
    const longest = (bytes: number) => {
      const empty = JSON.stringify({ prompt: '' }).length;
      return { prompt: 'x'.repeat(bytes - empty) };
    };
    expect((await order(longest(131_072))).status).toBe(400);
    expect((await order(longest(131_073))).status).toBe(413);
  });

  it('the largest order that is taken stays far below what an item may have', async () => {
    const { text, status } = await order({
      frame: { url: `https://pictures.example/${'x'.repeat(2000)}` },
      lastFrame: { url: `https://pictures.example/${'y'.repeat(2000)}` },
      prompt: '舟'.repeat(5000),
      extra: Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`name${index}`, '舟'.repeat(1000)]),
      ),
      metadata: { a: 'x'.repeat(1000), b: 'x'.repeat(1000) },
    });
    expect(status).toBe(202);
    expect(Buffer.byteLength(JSON.stringify(await requestOf(text)))).toBeLessThan(131_072);
  });
});

describe('a dry run', () => {
  const dryRun = async (body: Record<string, unknown>, owner?: string, headers = {}) => {
    const { status, text } = await order({ ...body, dryRun: true }, owner, headers);
    expect({ status, text }).toMatchObject({ status: 200 });
    return DryRun.parse(JSON.parse(text));
  };
  const by = { frame: { s3Uri: `s3://${buckets.inbox}/shoe.png` } };
  beforeEach(() => forgetProvider('busy'));

  it('says what would be made and for how much, and writes nothing', async () => {
    const key = { 'idempotency-key': 'dry' };
    const asked = { prompt: 'A boat.', durationSeconds: 8 };
    expect(await dryRun(asked, '111122223333:role/Rich', key)).toEqual({
      dryRun: true,
      scene: 'text-to-video',
      parameters: expect.objectContaining({ prompt: 'A boat.', provider: 'simulated', model: 'veo3.1-fast' }),
      priceMicros: 800_000,
      problems: [],
      notes: [],
    });
    // The real one of the same key finds nothing there, and is the same order.
    const real = await order(asked, '111122223333:role/Rich', key);
    expect(real.status).toBe(202);
    const { jobId } = Job.parse(JSON.parse(real.text));
    expect(await dryRun(asked, '111122223333:role/Rich', key)).toMatchObject({ problems: [] });
    expect(Object.keys(await aws.items(jobId))).toEqual(['EVENT#000001', 'REQUEST', 'STATE']);
    expect((await order({ ...asked, dryRun: false }, '111122223333:role/Rich', key)).text).toContain(jobId);
    expect(await itemsOf('BUDGET#111122223333:role/Rich')).toEqual([]);
  });

  it('is refused as the real one is', async () => {
    for (const body of [{ ...by, resolution: '8k' }, { frame: { key: 'uploads/x/y' } }, {}]) {
      const real = await order(body);
      const dry = await order({ ...body, dryRun: true });
      expect({ status: dry.status, text: dry.text }).toEqual({ status: 400, text: real.text });
    }
  });

  it('says that pictures were not looked at', async () => {
    expect((await dryRun(by, onCall)).notes).toHaveLength(1);
  });

  it('asks the budget: what is left, and whether it fits', async () => {
    const day = new Date().toISOString().slice(0, 10);
    const asked = { prompt: 'A boat.' };
    expect(await dryRun(asked)).toMatchObject({
      problems: [],
      budget: { day, limitMicros: 2_000_000, leftMicros: 2_000_000 },
    });
    await putItem({ pk: `BUDGET#${shop}#${day}`, sk: 'DAY', committedMicros: 1_200_000 });
    expect(await dryRun(asked)).toMatchObject({ problems: [], budget: { leftMicros: 800_000 } });
    await putItem({ pk: `BUDGET#${shop}#${day}`, sk: 'DAY', committedMicros: 1_200_001 });
    expect(await dryRun(asked)).toMatchObject({
      problems: [{ code: 'BUDGET_EXCEEDED', message: expect.stringContaining('It fits from') }],
      budget: { leftMicros: 799_999 },
    });
    expect(await dryRun(asked, '111122223333:role/Poor')).toMatchObject({
      problems: [{ code: 'BUDGET_EXCEEDED', message: expect.stringContaining('the video never fits') }],
    });
  });

  it('says why it would wait', async () => {
    const asked = { prompt: 'A boat.', model: 'veo3', provider: 'busy' };
    expect(await dryRun(asked)).not.toHaveProperty('waiting');
    await putItem({ pk: 'SLOT#busy', sk: '0000', jobId: 'job', run: 1, since: '2026-01-01T00:00:00.000Z' });
    expect(await dryRun(asked)).toMatchObject({ waiting: { reason: 'IN_QUEUE' } });
    await putItem({
      pk: 'PROVIDER#busy',
      sk: 'CONTROL',
      revision: 1,
      virtualTimes: {},
      pause: { by: 'Ann', at: '2026-01-01T00:00:00.000Z' },
    });
    expect(await dryRun(asked)).toMatchObject({
      waiting: { reason: 'PAUSED_BY_ADMIN', message: expect.stringContaining('Ann') },
    });
  });
});

it('the models of the stage are shown, the default marked', async () => {
  const { status, text } = await call('GET /models', {});
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({
    models: [
      { provider: 'simulated', id: 'veo3.1-fast', isDefault: true, lifeCycle: { status: 'available' } },
      { provider: 'simulated', id: 'veo3' },
      { provider: 'busy', id: 'veo3', pricePerSecondMicros: { '720p': expect.any(Number) } },
    ],
  });
});
