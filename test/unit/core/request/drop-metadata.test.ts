import { readDropMetadata } from '../../../../core/request/drop-metadata.ts';
import { Unreadable } from '../../../../core/request/requested-parameters.ts';

const read = (field: string, text: string) => Object.entries(readDropMetadata({ [field]: text }).requested);

it('reads every way a name arrives, and keeps what says nothing about the video', () => {
  expect(
    readDropMetadata({
      'aspect-ratio': ' 9:16 ',
      enable_upsample: 'true',
      durationseconds: '8',
      campaign: 'spring',
    }),
  ).toEqual({
    requested: { aspectRatio: '9:16', enableUpsample: true, durationSeconds: 8 },
    metadata: { campaign: 'spring' },
  });
});

it('names no start frame: the dropped object is that', () => {
  const metadata = { frame: 's3://bucket/other.png' };
  expect(readDropMetadata(metadata)).toEqual({ requested: {}, metadata });
});

describe('each field is read as its type', () => {
  it.each([
    ['duration', '8', { durationSeconds: 8 }],
    ['duration-seconds', '8 sec', { durationSeconds: 8 }],
    ['video-count', '2', { videoCount: 2 }],
    ['enhance-prompt', 'Yes', { enhancePrompt: true }],
    ['enhance-prompt', '0', { enhancePrompt: false }],
    ['extra', '{"a":1,"b":"x","c":true}', { extra: { a: 1, b: 'x', c: true } }],
    ['last-frame', 's3://bucket/a b.png', { lastFrame: { s3Uri: 's3://bucket/a b.png' } }],
    ['last-frame', 'https://a.example/b?c', { lastFrame: { url: 'https://a.example/b?c' } }],
    ['last-frame', 'upload:uploads/o/1-a.png', { lastFrame: { key: 'uploads/o/1-a.png' } }],
    ['last-frame', 'shoes/a.png', { lastFrame: { inboxKey: 'shoes/a.png' } }],
    ['reference-frames', 'a, b.png', { referenceFrames: [{ inboxKey: 'a, b.png' }] }],
    [
      'reference-frames',
      '["s3://b/1","upload:k"]',
      { referenceFrames: [{ s3Uri: 's3://b/1' }, { key: 'k' }] },
    ],
    ['video', 'job:abc', { video: { jobId: 'abc' } }],
    ['video', 'gs://bucket/v.mp4', { video: { uri: 'gs://bucket/v.mp4' } }],
    ['video', 's3://bucket/v.mp4', { video: { s3Uri: 's3://bucket/v.mp4' } }],
    ['video', 'upload:k', { video: { key: 'k' } }],
    ['video', 'v.mp4', { video: { inboxKey: 'v.mp4' } }],
  ])('%s: %s', (name, text, requested) => {
    expect(readDropMetadata({ [name]: text })).toEqual({ requested, metadata: {} });
  });

  it.each([
    ['durationSeconds', 'long', 'a number'],
    ['durationSeconds', '', 'a number'],
    ['durationSeconds', 'Infinity', 'a number'],
    ['videoCount', '2 videos', 'a number'],
    ['enhancePrompt', 'maybe', 'true or false'],
    ['extra', 'speech', 'a JSON map'],
    ['extra', '{"a":{}}', 'a must be a text, a number, true or false'],
    ['extra', '{"__proto__":1}', 'a JSON map'],
    ['referenceFrames', '[""]', 'a JSON list'],
    ['video', 'ftp://a.example/v.mp4', 's3://bucket/key'],
  ])('or stays as it was written, for the check to name it: %s of %j', (field, text, expected) => {
    expect(read(field, text)).toContainEqual([field, expect.any(Unreadable)]);
    expect(read(field, text)).toContainEqual([
      field,
      expect.objectContaining({ text, expected: expect.stringContaining(expected) }),
    ]);
  });
});
