import { acceptWith, image, isWhole, setUpFaults, submitWith, untried } from './faults-builder.ts';
import { gateway, promptWith } from './gateway-builder.ts';
import { download, key, outputOf, post, script, submit } from './support.ts';

setUpFaults();

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
    const answer = post(gateway, { prompt: promptWith('hang-before(1)'), image }, { timeoutMs: 400 });
    await expect(answer).rejects.toThrow(/timeout/i);
    expect(gateway.ledger()).toMatchObject({ tasks: [], chargedMicros: 0, submits: 2 });
    expect((await submitWith('reset-before(1)')).status).toBe(200);
  });

  test('redirect-submit: another origin gets the submit, and the ledger shows whether the key came along', async () => {
    const body = { prompt: promptWith('redirect-submit'), image };
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
    const answer = post(gateway, { prompt: promptWith('hang-after'), image }, { timeoutMs: 400 });
    await expect(answer).rejects.toThrow(/timeout/i);
  });
  test('garbage-after: is half a JSON body', async () => {
    const response = await post(gateway, { prompt: promptWith('garbage-after'), image });
    expect(response.status).toBe(200);
    await expect(response.json()).rejects.toThrow(/JSON/);
  });
  test('html-after: is a web page', async () => {
    const response = await post(gateway, { prompt: promptWith('html-after'), image });
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
    const response = await post(gateway, { prompt: promptWith('drip-submit(0.6s)'), image });
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

test('this file tries every row of its stages', () => {
  expect(untried('submits')).toEqual([]);
});
