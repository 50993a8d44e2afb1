import fc from 'fast-check';
import {
  dropJobId,
  dropOutputKey,
  executionName,
  manifestKey,
  partitionOf,
  requestHash,
} from '../../../../core/kernel/ids.ts';

const object = { bucket: 'inbox', key: 'shoe.png', versionId: 'v1', sequencer: '0A' };

describe('the id of a dropped object', () => {
  it('is the same for the same event', () => {
    expect(dropJobId({ ...object })).toBe(dropJobId(object));
  });

  it('is the same whatever the sequencer says, when there is a version', () => {
    expect(dropJobId({ ...object, sequencer: '0B' })).toBe(dropJobId(object));
  });

  it.each([
    ['another version', { ...object, versionId: 'v2' }],
    ['another key', { ...object, key: 'shoe.jpg' }],
    ['another bucket', { ...object, bucket: 'other' }],
  ])('differs for %s', (_, other) => {
    expect(dropJobId(other)).not.toBe(dropJobId(object));
  });

  it('goes by the sequencer without a version', () => {
    const { versionId: _, ...unversioned } = object;
    expect(dropJobId({ ...unversioned, sequencer: '0B' })).not.toBe(dropJobId(unversioned));
  });

  it('makes a legal execution name', () => {
    expect(executionName(dropJobId(object), 12)).toMatch(/^[0-9a-f]{32}-12$/);
  });
});

describe('the output key', () => {
  it('keeps the whole source key, so that shoe.png and shoe.jpg do not collide', () => {
    expect(dropOutputKey('a/shoe.png', 'id')).toBe('videos/a/shoe.png.mp4');
    expect(manifestKey('videos/a/shoe.png.mp4')).toBe('videos/a/shoe.png.job.json');
  });

  it('is a legal key for any legal source key, and differs by job when it had to be cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1024 }), (key) => {
        fc.pre(Buffer.byteLength(key) <= 1024);
        const output = dropOutputKey(key, 'a'.repeat(32));
        expect(Buffer.byteLength(manifestKey(output))).toBeLessThanOrEqual(1024);
        expect(output.endsWith('.mp4')).toBe(true);
        if (output !== `videos/${key}.mp4`) expect(dropOutputKey(key, 'b'.repeat(32))).not.toBe(output);
      }),
    );
    expect(dropOutputKey('ü'.repeat(512), 'a'.repeat(32))).toContain(`~${'a'.repeat(32)}.mp4`);
  });
});

it('a request hash does not depend on the order of fields', () => {
  expect(requestHash({ a: 1, b: { c: 2, d: [1, 2] } })).toBe(requestHash({ b: { d: [1, 2], c: 2 }, a: 1 }));
  expect(requestHash({ a: 1 })).not.toBe(requestHash({ a: 2 }));
});

it('partitions are spread', () => {
  const counts = [0, 0, 0, 0];
  for (let n = 0; n < 400; n += 1)
    counts[partitionOf(`job${n}`, 4)] = (counts[partitionOf(`job${n}`, 4)] ?? 0) + 1;
  for (const count of counts) expect(count).toBeGreaterThan(60);
});
