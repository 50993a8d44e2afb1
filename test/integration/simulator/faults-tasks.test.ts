import {
  acceptWith,
  image,
  outputWith,
  setUpFaults,
  submitWith,
  taskOf,
  unpack,
  untried,
} from './faults-builder.ts';
import { gateway } from './gateway-builder.ts';
import { accept, ask, askOnce, download, key, outputOf, script, until, watch } from './support.ts';

setUpFaults();

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

test('this file tries every row of its stages', () => {
  expect(untried('tasks')).toEqual([]);
});
