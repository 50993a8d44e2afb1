import fc from 'fast-check';
import { fail, succeed } from '../../../../core/jobs/ending.ts';
import type { JobState } from '../../../../core/jobs/job.ts';
import {
  folderOf,
  indexAttributes,
  jobIndexes,
  jobIndexNames,
  listedAttributes,
  listPartitions,
} from '../../../../core/jobs/list-index.ts';
import { needAttention, recordFrames } from '../../../../core/jobs/transitions.ts';
import { acceptedState, at, runningState, storingState, T0 } from '../../../support/jobs.ts';

const video = {
  bucket: 'startframe-prod-videolibraryvideos1a2b3c4d-abcdefghijkl',
  key: 'videos/spring/shoes/red-shoe-042.png.mp4',
  versionId: 'v'.repeat(32),
  bytes: 2_600_000,
  sha256: 'a'.repeat(64),
  durationSeconds: 8.01,
  width: 1280,
  height: 720,
};
const jobId = '0123456789abcdef0123456789abcdef';
const frame = { mimeType: 'image/png', width: 1280, height: 720, bytes: 400_000, sha256: 'a'.repeat(64) };
const usual: Partial<JobState> = {
  jobId,
  owner: '111122223333:role/ShopBackend',
  source: {
    bucket: 'startframe-prod-frameinboxinbox1a2b3c4d-abcdefghijkl',
    key: 'spring/shoes/red-shoe-042.png',
    versionId: 'v'.repeat(32),
  },
  outputKey: video.key,
  frame,
};
const made = (changes: Partial<JobState> = {}): JobState =>
  succeed(storingState({ ...usual, ...changes }), { video, videoCount: 1, costMicros: 800_000 }, at(90))
    .state;

describe('the keys of a job in the indexes', () => {
  it('are its owner, its status, its folder, and when it was accepted', () => {
    const attributes = indexAttributes(made());
    const [partition] = attributes.byOwner?.slice(-1) ?? '';
    expect(attributes).toEqual({
      byOwner: `111122223333:role/ShopBackend#${partition}`,
      byOwnerStatus: `111122223333:role/ShopBackend#succeeded#${partition}`,
      byFolder: `111122223333:role/ShopBackend#spring/shoes#${partition}`,
      byTime: `${T0}#${jobId}`,
      byAttention: undefined,
      attentionTime: undefined,
    });
    expect(listPartitions('111122223333:role/ShopBackend')).toContain(attributes.byOwner);
  });

  it('say what needs a person, since when, and no longer than it does', () => {
    const stopped = needAttention(runningState(usual), 'WORKFLOW_STOPPED', at(30))?.state ?? runningState();
    const { byAttention, attentionTime } = indexAttributes(stopped);
    expect(listPartitions('ATTENTION')).toContain(byAttention);
    expect(attentionTime).toBe(`${at(30)}#${jobId}`);
    expect(
      indexAttributes(made({ attention: stopped.attention ?? { reason: 'X', since: T0 } })),
    ).toMatchObject({
      byAttention: undefined,
      attentionTime: undefined,
    });
  });

  it.each([
    ['shoes/red/1.png', 'shoes/red'],
    ['1.png', ''],
    ['/1.png', ''],
    ['a//1.png', 'a/'],
  ])('the folder of %s is "%s"', (key, folder) => {
    expect(folderOf({ source: { bucket: 'b', key } })).toBe(folder);
  });

  it('a job without a start frame is in no folder', () => {
    const { source: _, ...state } = acceptedState();
    expect(indexAttributes(state).byFolder).toBeUndefined();
  });

  it('spread one owner’s jobs over four partitions', () => {
    const seen = new Set<string | undefined>();
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const { byOwner } = indexAttributes(acceptedState({ jobId: id }));
        seen.add(byOwner);
        expect(listPartitions('drop')).toContain(byOwner);
      }),
    );
    expect(seen.size).toBe(4);
  });
});

// DynamoDB Developer Guide, "Item sizes and formats": names and texts in UTF-8, a number about a byte for two digits and one
// more, a map 3 bytes and one for each element.
const sizeOf = (value: unknown): number => {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return 1 + Math.ceil(String(value).replace(/\D/g, '').length / 2);
  if (typeof value !== 'object' || value === null) return 1;
  return Object.entries(value).reduce((sum, [name, inner]) => sum + 1 + name.length + sizeOf(inner), 3);
};

describe('what the indexes cost', () => {
  it('an index has at most 20 attributes beside its keys, all together 100', () => {
    expect(listedAttributes.length).toBeLessThanOrEqual(20);
    expect(listedAttributes.length * jobIndexNames.length).toBeLessThanOrEqual(100);
  });

  const itemOf = (state: JobState) => ({
    pk: `J#${jobId}`,
    sk: 'STATE',
    ...indexAttributes(state),
    ...state,
  });

  it('a usual job is written within 1 KB, keys included, until its video is there, and then once within 2', () => {
    expect(sizeOf(itemOf(storingState(usual)))).toBeLessThanOrEqual(1024);
    expect(sizeOf(itemOf(made()))).toBeLessThanOrEqual(2048);
  });

  it('and takes at most 1 KB of each index', () => {
    const item: Record<string, unknown> = itemOf(made());
    const held = new Set(['pk', 'sk', 'byFolder', 'byTime', ...listedAttributes]);
    const inIndex = Object.fromEntries(Object.entries(item).filter(([name]) => held.has(name)));
    expect(sizeOf(inIndex)).toBeLessThanOrEqual(1024);
  });

  it('a write that moves neither status nor attention touches no index', () => {
    const keys = [
      ...new Set(jobIndexNames.flatMap((name) => [jobIndexes[name].partitionKey, jobIndexes[name].sortKey])),
    ];
    const indexed = (state: JobState) => {
      const item: Record<string, unknown> = { ...indexAttributes(state), ...state };
      return [...keys, ...listedAttributes].map((name) => item[name]);
    };
    const accepted = acceptedState();
    const looked = recordFrames(accepted, { frame }, at(5)).state;
    expect(looked.revision).toBeGreaterThan(accepted.revision);
    expect(indexed(looked)).toEqual(indexed(accepted));
    const failure = { code: 'EXPIRED', message: 'm', advice: 'a', charged: 'unknown' } as const;
    expect(indexed(fail(accepted, failure, at(9)).state)).not.toEqual(indexed(accepted));
  });
});
