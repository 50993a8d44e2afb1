import { DryRun } from '../../../../core/api/dry-run.ts';
import { uploadKey } from '../../../../core/request/media-reference.ts';
import { buckets } from '../../../support/aws.ts';
import { forgetProvider, itemsOf, putItem } from '../../../support/job-items.ts';
import { aws, call, Job, onCall, order, requestOf, setUpOrdering, shop } from './ordering-builder.ts';

setUpOrdering();

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
