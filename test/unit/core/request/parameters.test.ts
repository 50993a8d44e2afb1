import { aspectRatioFor, problem, splitMetadata } from '../../../../core/request/parameters.ts';

describe('metadata', () => {
  it('reads every way a name arrives, and keeps what says nothing about the video', () => {
    expect(
      splitMetadata({
        'aspect-ratio': ' 9:16 ',
        enable_upsample: 'true',
        durationseconds: '8',
        campaign: 'spring',
      }),
    ).toEqual({
      given: { aspectRatio: '9:16', enableUpsample: 'true', durationSeconds: '8' },
      metadata: { campaign: 'spring' },
    });
  });
});

describe('the aspect ratio', () => {
  const offered = ['16:9', '9:16'];
  it.each([
    ['auto', 1280, 720, '16:9'],
    ['auto', 720, 1280, '9:16'],
    ['auto', 1000, 999, '16:9'],
    ['auto', 999, 1000, '9:16'],
    ['16:9', 720, 1280, '16:9'],
  ])('%s of a %d × %d frame is asked for as %s', (asked, width, height, ratio) => {
    expect(aspectRatioFor(asked, { width, height }, offered)).toBe(ratio);
  });

  it('without a frame is the first that is offered', () => {
    expect(aspectRatioFor('auto', undefined, offered)).toBe('16:9');
  });
});

describe('a problem, which is kept and told in events, shows of an address only where it is', () => {
  it.each([
    ['https://a.example/b?X-Amz-Signature=secret', 'https://a.example/b'],
    ['["https://me:secret@a.example/b#secret","s3://bucket/c"]', '["https://a.example/b","s3://bucket/c"]'],
    ['s3://bucket/what?', 's3://bucket/what?'],
    ['8k', '8k'],
  ])('%s', (value, shown) => {
    expect(problem('frame', value, 'no')).toMatchObject({
      value: shown,
      message: `frame "${shown}" cannot be used: no.`,
    });
  });
});
