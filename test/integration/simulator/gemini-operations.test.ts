import { z } from 'zod';
import { faultRows } from '../../../simulator/faults/faults.ts';
import { gateway, promptWith, setUpGateway, tried } from './gateway-builder.ts';
import {
  accept,
  ask,
  bodyOf,
  done,
  ErrorBody,
  image,
  model,
  operationWith,
  post,
  urisOf,
  withKey,
} from './gemini-builder.ts';
import { key, watch } from './support.ts';

setUpGateway();

describe('an operation', () => {
  test('is known by its whole name only, and by this dialect only', async () => {
    const { name } = await accept({ instance: { prompt: 'x [[fault:empty]]' } });
    const id = name.replace(/.*\//, '');
    for (const other of [`models/veo-3.1-generate-preview/operations/${id}`, `${name}0`]) {
      const response = await ask(other);
      expect(response.status).toBe(404);
      expect(ErrorBody.parse(await response.json()).error.status).toBe('NOT_FOUND');
    }
    const elsewhere = await fetch(`${gateway.url}/api/v3/predictions/${id}/result`, {
      headers: { authorization: key },
    });
    expect(elsewhere.status).toBe(404);
  });

  test('with samples has that many URLs, and each is charged', async () => {
    const { name } = await accept({ instance: { image }, parameters: { sampleCount: 3 } });
    const uris = urisOf(await done(name));
    expect(new Set(uris).size).toBe(3);
    for (const uri of uris) expect((await fetch(uri, { headers: withKey })).status).toBe(200);
    const fourth = `${uris[0]}`.replace(/\d:download/, '3:download');
    expect((await fetch(fourth, { headers: withKey })).status).toBe(404);
    expect(gateway.ledger().chargedMicros).toBe(2_400_000);
  });

  test('filtered: done with a count and reasons, no samples, refunded', async () => {
    const { response } = await operationWith('filtered', { sampleCount: 2 });
    expect(response).toEqual({
      '@type': expect.any(String),
      generateVideoResponse: {
        raiMediaFilteredCount: 2,
        raiMediaFilteredReasons: [expect.stringContaining('safety')],
      },
    });
    expect(gateway.ledger().chargedTasks).toBe(0);
  });

  test('failed: done with an error', async () => {
    expect(await operationWith('failed(out of memory)')).toEqual({
      name: expect.any(String),
      done: true,
      error: { code: 13, message: 'out of memory' },
    });
  });

  test('empty: done and nothing, charged', async () => {
    expect(await operationWith('empty')).toEqual({ name: expect.any(String), done: true });
    expect(gateway.ledger().chargedTasks).toBe(1);
  });
});

describe('the videos', () => {
  test.each([
    ['9:16', '720p', 4, '720x1280'],
    ['16:9', '720p', 6, '1280x720'],
    ['16:9', '1080p', 8, '1920x1080'],
  ])('%s at %s of %d s is %s', async (aspectRatio, resolution, durationSeconds, size) => {
    const { name } = await accept({
      instance: { image },
      parameters: { aspectRatio, resolution, durationSeconds },
    });
    const [uri = ''] = urisOf(await done(name));
    const bytes = Buffer.from(await (await fetch(uri, { headers: withKey })).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size, seconds: durationSeconds });
  });

  test('an extension is 7 s longer than its source, which may be one of our own', async () => {
    const source = await done((await accept({ parameters: { durationSeconds: 4 } })).name);
    const { name } = await accept({ instance: { video: { uri: urisOf(source)[0] } } });
    const [uri = ''] = urisOf(await done(name));
    const bytes = Buffer.from(await (await fetch(uri, { headers: withKey })).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size: '1280x720', seconds: 11 });
    expect(gateway.ledger().tasks[1]).toMatchObject({ scene: 'video-to-video', priceMicros: 700_000 });
  });
});

describe('the other forms of a success', () => {
  const video = { video: { uri: expect.stringContaining(':download?alt=media') } };
  test.each([
    ['generated-videos', { generatedVideos: [video] }],
    ['flat-samples', { generatedSamples: [video] }],
    ['sample-object', { generateVideoResponse: { generatedSamples: video } }],
  ])('%s', async (fault, form) => {
    const { response } = await operationWith(fault);
    expect(response).toEqual({ '@type': expect.any(String), ...form });
  });

  test('encoded-video: the bytes themselves', async () => {
    const { response } = await operationWith('encoded-video');
    const Encoded = z.object({
      generateVideoResponse: z.object({
        generatedSamples: z.tuple([z.object({ video: z.object({ encodedVideo: z.string() }) })]),
      }),
    });
    const [sample] = Encoded.parse(response).generateVideoResponse.generatedSamples;
    const bytes = Buffer.from(sample.video.encodedVideo, 'base64');
    expect(bytes.toString('latin1', 4, 8)).toBe('ftyp');
  });

  test('other-model: the name has another model than the request', async () => {
    const { name } = await operationWith('other-model');
    expect(name).toContain('models/veo-3.1-generate-preview/operations/');
    expect((await ask(name.replace('veo-3.1-generate-preview', model))).status).toBe(404);
  });

  test('partial: one sample fewer, and a count', async () => {
    const { response } = await operationWith('partial', { sampleCount: 2 });
    expect(response).toMatchObject({
      generateVideoResponse: { generatedSamples: [video], raiMediaFilteredCount: 1 },
    });
    expect(gateway.ledger()).toMatchObject({
      tasks: [{ charged: true, samples: 2, priceMicros: 1_600_000, chargedMicros: 800_000 }],
      chargedMicros: 800_000,
    });
  });

  test('all of this dialect were tried, and those of another are refused', async () => {
    const variants = faultRows.filter((row) => row.stage === 'variant' && row.dialect === 'gemini');
    expect(variants.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
    const response = await post(bodyOf({ instance: { prompt: 'x [[fault:shape-1]]' } }));
    expect(response.status).toBe(400);
  });
});

test('status words are in the metadata of an operation, which has no status', async () => {
  const { name } = await accept({
    instance: { prompt: 'x [[fault:words(queued=IN_QUEUE)]] [[fault:late(5s)]]' },
  });
  expect(await (await ask(name)).json()).toEqual({ name, metadata: { state: 'IN_QUEUE' } });
});

test('a cancelled operation has an error, and a hostile URL is in its sample', async () => {
  expect(await operationWith('cancelled')).toMatchObject({ done: true, error: { code: 1 } });
  expect(urisOf(await operationWith('hostile-url'))).toEqual(['http://169.254.169.254/latest/meta-data/']);
});

describe('the faults of the table', () => {
  const submitWith = (fault: string) => post(bodyOf({ instance: { prompt: promptWith(fault) } }));

  test.each([
    ['429(7s)', 429, 'RESOURCE_EXHAUSTED'],
    ['429-day', 429, 'RESOURCE_EXHAUSTED'],
    ['policy-400', 400, 'INVALID_ARGUMENT'],
    ['policy-503', 503, 'UNAVAILABLE'],
    ['balance-402', 402, 'FAILED_PRECONDITION'],
    ['balance-403', 403, 'PERMISSION_DENIED'],
    ['retired-404', 404, 'NOT_FOUND'],
    ['500-before', 500, 'INTERNAL'],
    ['500-after', 500, 'INTERNAL'],
  ])('%s: %d %s', async (fault, code, status) => {
    const response = await submitWith(fault);
    expect(response.status).toBe(code);
    expect(ErrorBody.parse(await response.json()).error).toMatchObject({ code, status });
    expect(gateway.ledger().chargedTasks).toBe(fault === '500-after' ? 1 : 0);
  });

  test('a rate limit has the time to wait in the details, not in a header; a daily quota has none', async () => {
    const moment = await submitWith('429(7s)');
    expect(moment.headers.has('retry-after')).toBe(false);
    expect(ErrorBody.parse(await moment.json()).error.details).toEqual([
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' },
    ]);
    const [detail] = ErrorBody.parse(await (await submitWith('429-day')).json()).error.details ?? [];
    expect(detail).toMatchObject({ '@type': 'type.googleapis.com/google.rpc.QuotaFailure' });
  });

  test('polls: unknown task, errors, failed for a moment, and not done with an unknown word', async () => {
    const prompt = promptWith('poll-404(1)', 'poll-500(1)', 'flap-failed', 'unknown-status(1)');
    const { name } = await accept({ instance: { prompt, image } });
    expect((await ask(name)).status).toBe(404);
    expect((await ask(name)).status).toBe(500);
    expect(await (await ask(name)).json()).toMatchObject({ done: true, error: { code: 13 } });
    expect(await (await ask(name)).json()).toMatchObject({ done: false });
    expect(urisOf(await done(name))).toHaveLength(1);
  });

  test('a lying success has a sample, and 502 where it should be', async () => {
    const [uri = ''] = urisOf(await operationWith('success-lies'));
    expect((await fetch(uri, { headers: withKey })).status).toBe(502);
  });

  test('a redirect to another origin shows which client takes the key along', async () => {
    const [uri = ''] = urisOf(await operationWith('redirect-origin'));
    await (await fetch(uri, { headers: withKey })).arrayBuffer();
    expect(gateway.ledger().foreignRequests.map(({ hadKey }) => hadKey)).toEqual([true]);
  });
});
