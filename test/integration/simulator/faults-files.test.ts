import { isWhole, outputWith, setUpFaults, unpack, untried, whole } from './faults-builder.ts';
import { gateway } from './gateway-builder.ts';
import { boxesOf, download, key, watch } from './support.ts';

setUpFaults();

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

test('this file tries every row of its stages', () => {
  expect(untried('files')).toEqual([]);
});
