import { HeadObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { Upload } from '../../../../core/api/upload-routes.ts';
import { Env } from '../../../../core/kernel/contract.ts';
import { fetchedKey, uploadKey } from '../../../../core/request/media-reference.ts';
import { buckets } from '../../../support/aws.ts';
import { png } from '../../../support/pictures.ts';
import { aws, call, Job, onCall, order, requestOf, setUpOrdering, shop } from './ordering-builder.ts';

setUpOrdering();

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
