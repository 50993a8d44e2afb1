import { createHash } from 'node:crypto';
import type { RunningGateway } from '../../../simulator/server.ts';
import type { LedgerReport } from '../../../simulator/tasks/ledger.ts';
import {
  accept,
  ask,
  key,
  outputOf,
  type PictureServer,
  picture,
  start,
  startPictures,
  submit,
} from './support.ts';

let gateway: RunningGateway;
let pictures: PictureServer;
let image: string;
const lines: string[] = [];

beforeAll(async () => {
  pictures = await startPictures();
  image = `${pictures.url}/frame.jpg`;
  gateway = await start({ log: (line) => lines.push(line) });
}, 300_000);
afterAll(async () => {
  await gateway.close();
  await pictures.close();
});

async function ledgerOverHttp(): Promise<LedgerReport> {
  const report: LedgerReport = JSON.parse(await (await fetch(`${gateway.url}/_gateway/ledger`)).text());
  return report;
}

test('shows requests, charges, polls and downloads over HTTP', async () => {
  const { id } = await accept(gateway, { prompt: 'A boat', image, aspect_ratio: '16:9', mood: 'calm' });
  const url = await outputOf(gateway, id);
  await (await fetch(url)).arrayBuffer();
  await fetch(url, { method: 'HEAD' });
  await submit(gateway, { image });
  await ask(gateway, 'nobody');

  const report = await ledgerOverHttp();
  const [task] = report.tasks;
  expect(task).toMatchObject({
    id,
    dialect: 'gptproto',
    model: 'veo3.1-fast',
    scene: 'image-to-video',
    prompt: 'A boat',
    parameters: { aspect_ratio: '16:9', resolution: '720p', enhance_prompt: true },
    ignoredFields: ['mood'],
    frameSha256: [createHash('sha256').update(picture).digest('hex')],
    status: 'succeeded',
    charged: true,
    samples: 1,
    samplePriceMicros: 800_000,
    priceMicros: 800_000,
    chargedMicros: 800_000,
    faults: [],
    downloads: 1,
  });
  expect(Date.parse(task?.createdAt ?? '')).toBeLessThanOrEqual(Date.now());
  expect(report).toMatchObject({
    chargedTasks: 1,
    chargedMicros: 800_000,
    submits: 2,
    downloads: 1,
    renders: 1,
  });
  expect(report.polls).toBe((task?.polls ?? 0) + 1);
  expect(report.submitLog.map(({ status }) => status)).toEqual([200, 400]);
  expect(report.submitLog[0]?.taskId).toBe(id);
}, 60_000);

test.each([
  ['veo3.1-fast', '720p', 800_000],
  ['veo3-fast', '1080p', 960_000],
  ['veo3.1', '720p', 3_200_000],
  ['veo3.1-pro', '4k', 4_800_000],
])('%s at %s costs %d millionths of a dollar', async (model, resolution, priceMicros) => {
  const body = { prompt: 'x [[fault:empty]]', resolution };
  const { id } = await accept(gateway, body, { path: `${model}/text-to-video` });
  expect(gateway.ledger().tasks.find((task) => task.id === id)?.priceMicros).toBe(priceMicros);
});

test('counts the most tasks in flight', async () => {
  await fetch(`${gateway.url}/_gateway/ledger`, { method: 'DELETE' });
  await Promise.all([1, 2, 3].map(() => accept(gateway, { prompt: 'x [[fault:late(5s)]]', image })));
  expect(gateway.ledger().peakInFlight).toBe(3);
});

test('is emptied by DELETE, tasks included', async () => {
  const { id } = await accept(gateway, { prompt: 'A boat', image });
  await fetch(`${gateway.url}/_gateway/ledger`, { method: 'DELETE' });
  expect(await ledgerOverHttp()).toMatchObject({
    tasks: [],
    chargedTasks: 0,
    chargedMicros: 0,
    submits: 0,
    submitLog: [],
    polls: 0,
    cancels: 0,
    downloads: 0,
    peakInFlight: 0,
    foreignRequests: [],
  });
  expect((await ask(gateway, id)).status).toBe(404);
});

test('neither the log nor the ledger has the key or the URL of a picture', async () => {
  await accept(gateway, { prompt: 'A boat', image });
  await (await fetch(`${gateway.url}/_gateway/health?key=${key}`)).text();
  const everything = `${lines.join('\n')}${JSON.stringify(gateway.ledger())}`;
  expect(
    lines.some((line) => /^POST \/api\/v3\/google\/veo3.1-fast\/image-to-video 200 \d+ ms$/.test(line)),
  ).toBe(true);
  expect(everything).not.toContain(key);
  expect(everything).not.toContain(pictures.url);
});

test('health and the list of faults need no key', async () => {
  expect(await (await fetch(`${gateway.url}/_gateway/health`)).json()).toEqual({ status: 'ok' });
  expect(await (await fetch(`${gateway.url}/_gateway/faults`)).text()).toContain('redirect-origin');
});
