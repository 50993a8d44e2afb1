import {
  aspectRatioFor,
  type JobParameters,
  problem,
  sameVideo,
} from '../../../../core/request/parameters.ts';

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

describe('the very same video', () => {
  const video: JobParameters = {
    provider: 'one',
    model: 'a',
    prompt: 'A boat.',
    aspectRatio: '16:9',
    resolution: '720p',
    durationSeconds: 8,
    extra: { seed: 7, style: 'film' },
  };

  it('is that of another provider and model, in any order of the extras', () => {
    const other = { ...video, provider: 'two', model: 'b', extra: { style: 'film', seed: 7 } };
    expect(sameVideo(video, other)).toBe(true);
  });

  it.each<Partial<JobParameters>>([
    { prompt: 'A ship.' },
    { aspectRatio: '9:16' },
    { resolution: '1080p' },
    { durationSeconds: 6 },
    { negativePrompt: 'rain' },
    { personGeneration: 'allow_adult' },
    { enhancePrompt: false },
    { enableUpsample: true },
    { videoCount: 2 },
    { extra: { seed: 8, style: 'film' } },
    { extra: { seed: 7 } },
  ])('is not that with %j', (change) => {
    expect(sameVideo(video, { ...video, ...change })).toBe(false);
  });
});
