import { faultRows } from '../../../simulator/faults/faults.ts';
import type { RunningGateway } from '../../../simulator/server.ts';
import {
  accept,
  ask,
  askOnce,
  boxesOf,
  download,
  key,
  outputOf,
  type PictureServer,
  post,
  script,
  start,
  startPictures,
  submit,
  until,
  watch,
} from './support.ts';

jest.setTimeout(120_000);

let gateway: RunningGateway;
let pictures: PictureServer;
let image: string;
let whole: Buffer;
const tested = new Set<string>();

/** A prompt with a fault. Records that this file has tried it. */
const prompt = (fault: string) => {
  tested.add(fault.replace(/\(.*/s, ''));
  return `A boat [[fault:${fault}]]`;
};
const submitWith = (fault: string) => submit(gateway, { prompt: prompt(fault), image });
const acceptWith = (fault: string) => accept(gateway, { prompt: prompt(fault), image });
const outputWith = async (fault: string) => outputOf(gateway, (await acceptWith(fault)).id);
/** Compares by hand: toEqual takes seconds for millions of bytes. */
const isWhole = (bytes: Buffer) => bytes.equals(whole);
/** Reads at most this much of a body that unpacks to a gigabyte. */
async function unpack(response: Response, atMost: number) {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length <= 32_000_000) chunks.push(chunk);
    if (length > atMost) break;
  }
  return { start: Buffer.concat(chunks), length, packed: Number(response.headers.get('content-length')) };
}
const taskOf = (id: string) => gateway.ledger().tasks.find((task) => task.id === id);

beforeAll(async () => {
  pictures = await startPictures();
  image = `${pictures.url}/frame.jpg`;
  gateway = await start();
  whole = await download(await outputOf(gateway, (await accept(gateway, { prompt: 'A boat', image })).id));
}, 300_000);
beforeEach(async () => {
  await fetch(`${gateway.url}/_gateway/ledger`, { method: 'DELETE' });
});
afterAll(async () => {
  await gateway.close();
  await pictures.close();
});

describe('refused, free', () => {
  test.each([
    ['429', 429, /too many/i],
    ['429-bare', 429, /too many/i],
    ['401', 401, /API key/i],
    ['429-day', 429, /per day/i],
    ['500-before', 500, /internal/i],
    ['503-before', 503, /unavailable/i],
    ['policy-400', 400, /safety/i],
    ['policy-503', 503, /safety/i],
    ['balance-403', 403, /balance/i],
    ['balance-402', 402, /balance/i],
    ['retired-404', 404, /no longer available/i],
  ])('%s', async (fault, status, message) => {
    const answer = await submitWith(`${fault}(1)`);
    expect(answer).toMatchObject({ status, code: status, data: null });
    expect(answer.message).toMatch(message);
    expect(gateway.ledger()).toMatchObject({ tasks: [], chargedMicros: 0, submits: 1 });
    expect((await submitWith(`${fault}(1)`)).status).toBe(200);
  });

  test('429 says when to come back, 429-bare does not', async () => {
    expect((await submitWith('429')).headers.get('retry-after')).toBe('2');
    expect((await submitWith('429(1, 7s)')).headers.get('retry-after')).toBe('7');
    expect((await submitWith('429-bare')).headers.get('retry-after')).toBeNull();
  });

  test('reset-before and hang-before: no answer, and nothing accepted', async () => {
    await expect(submitWith('reset-before(1)')).rejects.toThrow('fetch failed');
    const answer = post(gateway, { prompt: prompt('hang-before(1)'), image }, { timeoutMs: 400 });
    await expect(answer).rejects.toThrow(/timeout/i);
    expect(gateway.ledger()).toMatchObject({ tasks: [], chargedMicros: 0, submits: 2 });
    expect((await submitWith('reset-before(1)')).status).toBe(200);
  });

  test('redirect-submit: another origin gets the submit, and the ledger shows whether the key came along', async () => {
    const body = { prompt: prompt('redirect-submit'), image };
    await post(gateway, body, { headers: { 'x-goog-api-key': key } });
    expect(gateway.ledger()).toMatchObject({
      chargedMicros: 0,
      submitLog: [{ status: 307 }],
      foreignRequests: [{ method: 'POST', path: '/api/v3/google/veo3.1-fast/image-to-video', hadKey: true }],
    });
  });

  test('429(2) refuses twice and then accepts; without a number it never does', async () => {
    const statuses: number[] = [];
    for (let tries = 0; tries < 4; tries += 1) statuses.push((await submitWith('429(2)')).status);
    expect(statuses).toEqual([429, 429, 200, 200]);
    for (let tries = 0; tries < 3; tries += 1) expect((await submitWith('429')).status).toBe(429);
  });
});

describe('accepted and charged, but the answer', () => {
  afterEach(() => {
    expect(gateway.ledger()).toMatchObject({ chargedTasks: 1, chargedMicros: 800_000, submits: 1 });
  });

  test('500-after: is a 500', async () => {
    expect(await submitWith('500-after')).toMatchObject({ status: 500, data: null });
  });
  test('reset-after: is a cut connection', async () => {
    await expect(submitWith('reset-after')).rejects.toThrow('fetch failed');
    expect(gateway.ledger().submitLog[0]?.status).toBe(0);
  });
  test('hang-after: never comes', async () => {
    const answer = post(gateway, { prompt: prompt('hang-after'), image }, { timeoutMs: 400 });
    await expect(answer).rejects.toThrow(/timeout/i);
  });
  test('garbage-after: is half a JSON body', async () => {
    const response = await post(gateway, { prompt: prompt('garbage-after'), image });
    expect(response.status).toBe(200);
    await expect(response.json()).rejects.toThrow(/JSON/);
  });
  test('html-after: is a web page', async () => {
    const response = await post(gateway, { prompt: prompt('html-after'), image });
    expect(response.headers.get('content-type')).toMatch('text/html');
    expect(await response.text()).toMatch('<html>');
  });
  test('slow-submit: is late', async () => {
    const startedAt = Date.now();
    expect((await submitWith('slow-submit(0.5s)')).status).toBe(200);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(490);
  });
  test('drip-submit: comes in drips', async () => {
    const startedAt = Date.now();
    const response = await post(gateway, { prompt: prompt('drip-submit(0.6s)'), image });
    expect(Date.now() - startedAt).toBeLessThan(400);
    expect(await response.json()).toMatchObject({ code: 200 });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(500);
    expect(gateway.ledger().submitLog[0]?.status).toBe(200);
  });
  test('submit-completed: says completed, without outputs, and the result has them', async () => {
    const data = await acceptWith('submit-completed');
    expect(data).toMatchObject({ status: 'completed', outputs: [] });
    expect(isWhole(await download(await outputOf(gateway, data.id)))).toBe(true);
  });
});

describe('the task', () => {
  test('failed: fails with the reason given, and is refunded', async () => {
    const { id } = await acceptWith('failed(out of memory)');
    expect(taskOf(id)).toMatchObject({ charged: true });
    expect(await until(gateway, id, 'failed')).toMatchObject({ error: 'out of memory', outputs: [] });
    expect(taskOf(id)).toMatchObject({ charged: false, status: 'failed' });
  });
  test('filtered: is withheld, and refunded', async () => {
    const { id } = await acceptWith('filtered');
    const data = await until(gateway, id, 'completed');
    expect(data).toMatchObject({ has_nsfw_contents: [true], outputs: [], error: null });
    expect(gateway.ledger()).toMatchObject({ chargedTasks: 0, chargedMicros: 0 });
  });
  test('empty: is completed without outputs on every poll, and charged', async () => {
    const { id } = await acceptWith('empty');
    await until(gateway, id, 'completed');
    for (let polls = 0; polls < 3; polls += 1) expect((await ask(gateway, id)).data?.outputs).toEqual([]);
    expect(taskOf(id)).toMatchObject({ charged: true });
  });
  test('cancelled: is cancelled by the gateway, and refunded', async () => {
    const { id } = await acceptWith('cancelled');
    expect(await until(gateway, id, 'canceled')).toMatchObject({ outputs: [], error: expect.any(String) });
    expect(taskOf(id)).toMatchObject({ charged: false, status: 'cancelled' });
  });
  test('words: uses other status words', async () => {
    const data = await acceptWith('words(queued=, running=THROTTLED, succeeded=done)');
    expect(data.status).toBe('');
    expect((await until(gateway, data.id, 'done')).outputs).toHaveLength(1);
    const slow = await acceptWith('late(5s)]] [[fault:words(queued=in-queue, running=THROTTLED)');
    expect(slow.status).toBe('in-queue');
    await until(gateway, slow.id, 'THROTTLED');
  });
  test.each(['words(done=x)', 'words(THROTTLED)', 'words'])('%s is refused', async (fault) => {
    expect(await submitWith(fault)).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^fault: /),
    });
    expect(await script(gateway, { faults: [fault] })).toBe(400);
  });
  test('wrong-length and wrong-aspect: another video than the requested one', async () => {
    const short = await watch(await download(await outputWith('wrong-length')));
    expect(short).toMatchObject({ size: '1280x720', seconds: 3 });
    const long = await watch(await download(await outputWith('wrong-length(9s)')));
    expect(long.seconds).toBe(9);
    const upright = await watch(await download(await outputWith('wrong-aspect')));
    expect(upright).toMatchObject({ size: '720x1280', seconds: 8 });
  });
  test('hostile-url: the URL is one that must not be called', async () => {
    expect(await outputWith('hostile-url')).toBe('http://169.254.169.254/latest/meta-data/');
    expect(await outputWith('hostile-url(file:///etc/passwd)')).toBe('file:///etc/passwd');
  });
  test('late: takes longer', async () => {
    const { id } = await acceptWith('late(1s)');
    const { executionTime } = await until(gateway, id, 'completed');
    expect(executionTime).toBe(1200);
  });
  test('nsfw-note: is delivered with the flag', async () => {
    const { id } = await acceptWith('nsfw-note');
    const data = await until(gateway, id, 'completed');
    expect(data.has_nsfw_contents).toEqual([true]);
    expect(data.outputs).toHaveLength(1);
  });
});

describe('the poll', () => {
  test.each([
    ['poll-500', 500],
    ['poll-404', 404],
    ['poll-429', 429],
  ])('%s: answers so n times, then the truth', async (fault, status) => {
    const { id } = await acceptWith(`${fault}(2)`);
    expect((await askOnce(gateway, id)).status).toBe(status);
    expect((await askOnce(gateway, id)).status).toBe(status);
    await outputOf(gateway, id);
    expect(taskOf(id)?.polls).toBeGreaterThanOrEqual(3);
  });
  test('poll-reset and poll-hang: no answer', async () => {
    const cut = await acceptWith('poll-reset(1)');
    await expect(askOnce(gateway, cut.id)).rejects.toThrow('fetch failed');
    const hanging = await acceptWith('poll-hang(1)');
    await expect(askOnce(gateway, hanging.id, key, 400)).rejects.toThrow(/timeout/i);
    await outputOf(gateway, hanging.id);
  });
  test('poll-html: a web page', async () => {
    const { id } = await acceptWith('poll-html(1)');
    expect(await (await askOnce(gateway, id)).text()).toMatch('<html>');
    await outputOf(gateway, id);
  });
  test('poll-drip: in drips, and still the truth', async () => {
    const { id } = await acceptWith('poll-drip(1, 0.6s)');
    const startedAt = Date.now();
    expect((await ask(gateway, id)).data?.id).toBe(id);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(500);
    await outputOf(gateway, id);
  });
  test('poll-bomb: little to send, 1 GB to unpack', async () => {
    const { id } = await acceptWith('poll-bomb(1)');
    const { length, packed } = await unpack(await askOnce(gateway, id), 100_000_000);
    expect(packed).toBeLessThan(2_000_000);
    expect(length).toBeGreaterThan(100_000_000);
    await outputOf(gateway, id);
  });
  test('poll-redirect: another origin gets the poll', async () => {
    const { id } = await acceptWith('poll-redirect(1)');
    const headers = { authorization: key, 'x-goog-api-key': key };
    await fetch(`${gateway.url}/api/v3/predictions/${id}/result`, { headers });
    expect(gateway.ledger().foreignRequests).toMatchObject([
      { path: `/api/v3/predictions/${id}/result`, hadKey: true },
    ]);
    await outputOf(gateway, id);
  });
  test('unknown-status: a status word that no client knows', async () => {
    const { id } = await acceptWith('unknown-status(2)');
    expect((await ask(gateway, id)).data?.status).toBe('marinating');
    expect((await ask(gateway, id)).data?.status).toBe('marinating');
    await outputOf(gateway, id);
  });
  test('flap-failed: fails once by default and recovers, charged throughout', async () => {
    const { id } = await acceptWith('flap-failed');
    expect((await ask(gateway, id)).data).toMatchObject({ status: 'failed', error: expect.any(String) });
    expect(taskOf(id)?.charged).toBe(true);
    await outputOf(gateway, id);
  });
  test('several apply one after the other', async () => {
    const { id } = await accept(gateway, { prompt: 'x [[fault:poll-500(1)]] [[fault:poll-404(1)]]', image });
    expect((await askOnce(gateway, id)).status).toBe(500);
    expect((await askOnce(gateway, id)).status).toBe(404);
    expect((await askOnce(gateway, id)).status).toBe(200);
  });
});

describe('the file', () => {
  test.each([
    ['html-video', 'text/html; charset=utf-8'],
    ['html-as-mp4', 'video/mp4'],
  ])('%s: a web page, declared %s', async (fault, type) => {
    const response = await fetch(await outputWith(fault));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toMatch('<html>');
  });
  test('truncated-video: closes before the declared length', async () => {
    const url = await outputWith('truncated-video(1)');
    const response = await fetch(url);
    expect(response.headers.get('content-length')).toBe(String(whole.length));
    await expect(response.arrayBuffer()).rejects.toThrow('terminated');
    expect(isWhole(await download(url))).toBe(true);
  });
  test('short-video: a cut file with the length of the cut', async () => {
    const cut = await download(await outputWith('short-video'));
    expect(cut.length).toBeLessThan(whole.length);
    expect(boxesOf(cut).slice(0, 2)).toEqual(['ftyp', 'moov']);
    await expect(watch(cut)).rejects.toThrow();
  });
  test('empty-video: no byte', async () => {
    expect((await download(await outputWith('empty-video'))).length).toBe(0);
  });
  test('no-length: whole, without a length', async () => {
    const response = await fetch(await outputWith('no-length'));
    expect(response.headers.has('content-length')).toBe(false);
    expect(isWhole(Buffer.from(await response.arrayBuffer()))).toBe(true);
  });
  test.each([
    ['file-404', 404],
    ['expired-url', 403],
    ['file-500', 500],
    ['success-lies', 502],
  ])('%s', async (fault, status) => {
    const url = await outputWith(`${fault}(1)`);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(status);
    expect((await fetch(url)).status).toBe(status);
    expect((await fetch(url)).status).toBe(200);
  });
  test('file-reset: cut before a byte', async () => {
    await expect(fetch(await outputWith('file-reset'))).rejects.toThrow('fetch failed');
  });
  test('file-hang: never answered', async () => {
    const answer = fetch(await outputWith('file-hang'), { signal: AbortSignal.timeout(400) });
    await expect(answer).rejects.toThrow(/timeout/i);
  });
  test('drip-file: whole, in drips', async () => {
    const url = await outputWith('drip-file(0.6s)');
    const startedAt = Date.now();
    expect(isWhole(await download(url))).toBe(true);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(500);
  });
  test('gzip-bomb: starts like the video and continues for 1 GB', async () => {
    const response = await fetch(await outputWith('gzip-bomb'));
    expect(response.headers.get('content-type')).toBe('video/mp4');
    const { start, length, packed } = await unpack(response, 100_000_000);
    expect(isWhole(start.subarray(0, whole.length))).toBe(true);
    expect(length).toBeGreaterThan(100_000_000);
    expect(packed).toBeLessThan(2_000_000 + whole.length);
  });
  test('key-needed: 401 without the key, the video with it', async () => {
    const url = await outputWith('key-needed');
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: 'wrong' } })).status).toBe(401);
    const response = await fetch(url, { headers: { authorization: key } });
    expect(isWhole(Buffer.from(await response.arrayBuffer()))).toBe(true);
  });
  test('slow-file: whole, after a pause', async () => {
    const url = await outputWith('slow-file(0.5s)');
    const startedAt = Date.now();
    expect(isWhole(await download(url))).toBe(true);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(490);
  });
  test('redirect-origin: another origin has it, and the ledger shows whether the key came along', async () => {
    const url = await outputWith('redirect-origin');
    const response = await fetch(url, { redirect: 'manual' });
    expect(response.status).toBe(302);
    const location = response.headers.get('location') ?? '';
    expect(new URL(location).origin).not.toBe(gateway.url);
    expect(isWhole(await download(location))).toBe(true);
    // Node's fetch keeps this header across origins, and the ledger shows it.
    await (await fetch(url, { headers: { 'x-goog-api-key': key } })).arrayBuffer();
    await (await fetch(`${location}?key=${key}`)).arrayBuffer();
    const requests = gateway.ledger().foreignRequests;
    expect(requests.map(({ hadKey }) => hadKey)).toEqual([false, true, true]);
    expect(requests[1]?.headerNames).toContain('x-goog-api-key');
    expect(JSON.stringify(requests)).not.toContain(key);
  });
});

test('redirect-canary: a private address, and the ledger records every call of it', async () => {
  const url = await outputWith('redirect-canary');
  const response = await fetch(url, { redirect: 'manual' });
  expect(response.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/canary$/);
  expect(gateway.ledger().foreignRequests).toEqual([]);
  expect(await (await fetch(url)).text()).toContain('credentials');
  expect(gateway.ledger().foreignRequests).toMatchObject([{ method: 'GET', path: '/canary' }]);

  const other = await outputWith('redirect-canary(http://169.254.169.254/)');
  const { headers } = await fetch(other, { redirect: 'manual' });
  expect(headers.get('location')).toBe('http://169.254.169.254/');
});

describe('a script', () => {
  test('applies to the prompts that contain its words, and counts over all of them', async () => {
    expect(await script(gateway, { match: 'owl', faults: ['429(2)', '500-after(1)'] })).toBe(200);
    const statuses: number[] = [];
    for (const text of ['An owl', 'A boat', 'Two owls', 'An owl', 'An owl']) {
      statuses.push((await submit(gateway, { prompt: text, image })).status);
    }
    expect(statuses).toEqual([429, 200, 429, 500, 200]);
  });
  test('without words applies to all, until it is cleared', async () => {
    await script(gateway, { faults: ['balance-403'] });
    expect((await submit(gateway, { prompt: 'A boat', image })).status).toBe(403);
    await fetch(`${gateway.url}/_gateway/script`, { method: 'DELETE' });
    expect((await submit(gateway, { prompt: 'A boat', image })).status).toBe(200);
  });
  test('that is cleared leaves the faults of prompts as they are', async () => {
    const rare = { prompt: 'A heron. [[fault:429(1)]]', image };
    expect((await submit(gateway, rare)).status).toBe(429);
    await fetch(`${gateway.url}/_gateway/script`, { method: 'DELETE' });
    expect((await submit(gateway, rare)).status).toBe(200);
  });

  test.each([[{ faults: ['no-such'] }], [{ faults: [] }], [{ fault: '429' }], ['429']])(
    '%j is refused',
    async (body) => {
      expect(await script(gateway, body)).toBe(400);
    },
  );
});

test('a marker with an unknown fault is refused, so that a typing error does not look like a success', async () => {
  const answer = await submit(gateway, { prompt: 'x [[fault:poll-501]]', image });
  expect(answer).toMatchObject({ status: 400 });
  expect(answer.message).toContain('poll-500');
});

test('this file tries every row of the table but the variants of other dialects', () => {
  const rows = faultRows.filter(({ stage }) => stage !== 'variant');
  expect(rows.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([]);
});
