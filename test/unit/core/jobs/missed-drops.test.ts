import { dropsOf, fateOf } from '../../../../core/jobs/missed-drops.ts';
import { dropJobId } from '../../../../core/kernel/ids.ts';

const now = new Date('2026-11-21T09:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const version = { key: 'a.png', versionId: 'v1', bytes: 10, isLatest: true, writtenAt: daysAgo(3) };

test('a drop has the id of the job that its event would have made', () => {
  const [drop] = dropsOf('inbox', [version]);
  expect(drop?.jobId).toBe(
    dropJobId({ bucket: 'inbox', key: 'a.png', versionId: 'v1', sequencer: 'whatever S3 says' }),
  );
});

test.each([
  ['an older version', { isLatest: false }],
  ['a folder of the console', { key: 'shoes/', bytes: 0 }],
  ['what was written before the bucket kept versions', { versionId: 'null' }],
])('%s is no drop', (_name, change) => {
  expect(dropsOf('inbox', [{ ...version, ...change }])).toEqual([]);
});

test.each([
  ['made', { jobId: 'x', status: 'failed' }, 3],
  ['deleted', { jobId: 'x', deletedAt: '2026-11-20T00:00:00.000Z' }, 3],
  ['missed', undefined, 3],
  // A tombstone is forgotten after 90 days: an object as young as that was never deleted unseen.
  ['missed', undefined, 89.9],
  ['unknowable', undefined, 90],
])('%s', (fate, state, days) => {
  expect(fateOf({ writtenAt: daysAgo(days) }, state, now)).toBe(fate);
});
