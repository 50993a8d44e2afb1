import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { DryRun } from '../../core/api/dry-run.ts';
import { ModelView } from '../../core/api/model-routes.ts';
import { Upload } from '../../core/api/upload-routes.ts';
import { listen } from '../../simulator/http/listen.ts';
import { isOver, TestStack } from '../support/clouds/test-stack.ts';

// Ordering by API on the real template with IAM enforced: uploads, frames of the web, and what an order would cost.

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
let stack: TestStack;
let pictures: Server;
let origin: string;
const asked: string[] = [];

beforeAll(async () => {
  pictures = createServer(({ url = '' }, response) => {
    asked.push(url);
    // The first answer to this one is a server that is down for a moment.
    if (url.startsWith('/flaky') && asked.filter((one) => one === url).length === 1)
      response.writeHead(503).end();
    else if (url.startsWith('/page')) response.end('<!doctype html><html></html>');
    else response.setHeader('content-type', 'image/jpeg').end(frame);
  });
  stack = await TestStack.join('calm', { role: 'orders' });
  origin = await listen(pictures, '127.0.0.1', Number(new URL(stack.cloud.frameOrigin).port));
}, 300_000);

afterAll(async () => {
  stack?.leave();
  pictures?.closeAllConnections();
  pictures?.close();
}, 60_000);

const upload = async (size = frame.length): Promise<Upload> => {
  const wish = { filename: 'frame.jpg', contentType: 'image/jpeg', size };
  const { status, body } = await stack.call('POST', '/uploads', wish);
  expect(status).toBe(201);
  return Upload.parse(body);
};

const send = ({ url, fields }: Upload, bytes: Buffer, changes: Record<string, string> = {}) => {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...changes })) form.append(name, value);
  form.append('file', new Blob([new Uint8Array(bytes)]), 'frame.jpg');
  return fetch(url, { method: 'POST', body: form });
};

const succeeded = async (jobId: string) => {
  const { state } = await stack.until(jobId, isOver);
  expect(state).toMatchObject({ status: 'succeeded' });
  return state;
};

describe('an upload', () => {
  it('becomes a video, and starts nothing by itself', async () => {
    const made = await upload();
    expect((await send(made, frame)).status).toBe(204);
    const jobId = await stack.order({ frame: { key: made.frameKey }, prompt: 'from an upload' });
    const state = await succeeded(jobId);
    expect(state).toMatchObject({ frame: { mimeType: 'image/jpeg', bytes: frame.length } });
    expect(await stack.ordered('from an upload')).toHaveLength(1);
    expect(await stack.videoKeys(made.frameKey)).toEqual([]);
  }, 120_000);

  it('is refused by S3 when it is larger, of another type, or has another place than was said', async () => {
    const small = await upload(frame.length - 1);
    expect([400, 403]).toContain((await send(small, frame)).status);
    const made = await upload();
    expect([400, 403]).toContain((await send(made, frame, { 'Content-Type': 'text/html' })).status);
    expect([400, 403]).toContain((await send(made, frame, { key: `${made.frameKey}x` })).status);
    const { status, body } = await stack.call('POST', '/jobs', { frame: { key: small.frameKey } });
    expect({ status, body }).toMatchObject({ status: 400, body: { title: 'INVALID_PARAMETERS' } });
  });
});

describe('a frame of the web', () => {
  it('is fetched once, kept with the job, and becomes a video', async () => {
    const url = `${origin}/shoe.jpg?token=secret`;
    const jobId = await stack.order({ frame: { url }, prompt: 'from the web' });
    const state = await succeeded(jobId);
    expect(asked.filter((one) => one.startsWith('/shoe'))).toHaveLength(1);
    const { bucket = '', key = '' } = state.source ?? {};
    expect(key).toMatch(new RegExp(`^fetched/[0-9a-f]{32}/${jobId}-frame$`));
    const { Body } = await stack.clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(frame)).toBe(true);
    const manifest = await stack.manifest(state.outputKey);
    const { body } = await stack.call('GET', `/jobs/${jobId}`);
    expect(JSON.stringify([manifest, body])).not.toContain('secret');
  }, 120_000);

  it('is tried again when the server is down for a moment', async () => {
    const jobId = await stack.order({
      frame: { url: `${origin}/flaky.jpg` },
      lastFrame: { url: `${origin}/last.jpg` },
      prompt: 'from a flaky server',
    });
    await succeeded(jobId);
    expect(asked.filter((one) => one === '/flaky.jpg')).toHaveLength(2);
    expect(await stack.ordered('from a flaky server')).toHaveLength(1);
  }, 120_000);

  it('that is no picture ends the job, free, and nothing is ordered', async () => {
    const jobId = await stack.order({ frame: { url: `${origin}/page` }, prompt: 'from a page' });
    const { state } = await stack.until(jobId, isOver);
    expect(state).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_FRAME', charged: 'no', message: expect.stringContaining('an HTML page') },
    });
    expect(await stack.ordered('from a page')).toEqual([]);
  }, 120_000);

  it('on this machine is refused, but where the stage says so', async () => {
    const other = origin.replace(/\d+$/, (port) => String(Number(port) ^ 1));
    for (const url of [`${other}/a.jpg`, 'https://127.0.0.1/a.jpg', 'https://169.254.169.254/latest']) {
      const { status, body } = await stack.call('POST', '/jobs', { frame: { url } });
      expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ field: 'frame' }] } });
    }
  });
});

it('a dry run answers price and checks, and orders nothing', async () => {
  const order = { prompt: 'only asked', dryRun: true };
  const { status, body } = await stack.call('POST', '/jobs', order);
  expect(status).toBe(200);
  expect(DryRun.parse(body)).toMatchObject({ scene: 'text-to-video', priceMicros: 800_000, problems: [] });
  expect(await stack.ordered('only asked')).toEqual([]);
});

it('the models of the stage are shown', async () => {
  const { status, body } = await stack.call('GET', '/models');
  expect(status).toBe(200);
  const { models } = z.object({ models: z.array(ModelView) }).parse(body);
  expect(models.filter(({ isDefault }) => isDefault).map(({ id }) => id)).toEqual(['veo3.1-fast']);
});
