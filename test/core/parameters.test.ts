import { aspectRatioFor, checkParameters, sortMetadata } from '../../core/parameters.ts';
import { providerSettings, runtimeSettings } from '../support/jobs.ts';

const settings = runtimeSettings({
  providers: {
    simulated: providerSettings(),
    other: providerSettings({ models: ['veo3.1-pro'] }),
  },
});

const problemsOf = (given: Parameters<typeof checkParameters>[0]) => {
  const checked = checkParameters(given, settings);
  return 'problems' in checked ? checked.problems : [];
};

describe('metadata', () => {
  it('reads every way a name arrives, and keeps what says nothing about the video', () => {
    expect(
      sortMetadata({
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

describe('parameters', () => {
  it('come from the defaults when nothing is said', () => {
    expect(checkParameters({}, settings)).toEqual({
      parameters: {
        provider: 'simulated',
        model: 'veo3.1-fast',
        prompt: 'Bring this picture to life.',
        aspectRatio: 'auto',
        resolution: '720p',
        durationSeconds: 8,
      },
    });
  });

  it('take what was said', () => {
    expect(
      checkParameters(
        {
          prompt: 'A shoe',
          model: 'veo3',
          aspectRatio: '9:16',
          resolution: '1080P',
          durationSeconds: '8s',
          enhancePrompt: 'FALSE',
          enableUpsample: 'true',
          lastFrame: 's3://b/k',
        },
        settings,
      ),
    ).toEqual({
      parameters: {
        provider: 'simulated',
        model: 'veo3',
        prompt: 'A shoe',
        aspectRatio: '9:16',
        resolution: '1080p',
        durationSeconds: 8,
        enhancePrompt: false,
        enableUpsample: true,
      },
      lastFrame: 's3://b/k',
    });
  });

  it('find the provider that offers a model, and the model that a provider offers', () => {
    expect(checkParameters({ model: 'veo3.1-pro' }, settings)).toMatchObject({
      parameters: { provider: 'other' },
    });
    expect(checkParameters({ provider: 'other' }, settings)).toMatchObject({
      parameters: { model: 'veo3.1-pro' },
    });
  });

  it.each([
    ['provider', { provider: 'nobody' }, 'simulated, other'],
    ['model', { model: 'sora' }, 'veo3.1-fast'],
    ['model', { provider: 'other', model: 'veo3' }, 'other offers veo3.1-pro'],
    ['aspectRatio', { aspectRatio: '1:1' }, '16:9, 9:16'],
    ['resolution', { resolution: '8k' }, '720p, 1080p, 4k'],
    ['durationSeconds', { durationSeconds: '5' }, '8 s'],
    ['durationSeconds', { durationSeconds: 'long' }, '8 s'],
    ['enhancePrompt', { enhancePrompt: 'maybe' }, 'true or false'],
    ['prompt', { prompt: 'x'.repeat(5001) }, '5000'],
  ])('name the field, the value and what is allowed: %s', (field, given, allowed) => {
    const [problem] = problemsOf(given);
    expect(problem?.field).toBe(field);
    expect(problem?.message).toContain(allowed);
  });

  it('name every problem at once', () => {
    expect(problemsOf({ aspectRatio: '1:1', resolution: '8k' }).map(({ field }) => field)).toEqual([
      'aspectRatio',
      'resolution',
    ]);
  });

  it('count characters, not UTF-16 units', () => {
    expect(problemsOf({ prompt: '😀'.repeat(5000) })).toEqual([]);
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
});

describe('what a model cannot be told is named, never dropped', () => {
  const stage = runtimeSettings({
    defaults: { prompt: 'Move.', model: 'veo-3.1-generate-preview' },
    providers: {
      google: providerSettings({ dialect: 'gemini', models: ['veo-3.1-generate-preview'] }),
      relay: providerSettings({
        dialect: 'openai-video',
        models: ['veo-3.1-generate-preview', 'veo-2.0-generate-001'],
      }),
    },
  });
  const check = (given: Parameters<typeof checkParameters>[0]) => checkParameters(given, stage);

  it.each([
    ['durationSeconds', { durationSeconds: '6', resolution: '1080p' }, 'with 1080p', '8 s only'],
    ['durationSeconds', { durationSeconds: '4', resolution: '4k' }, 'with 4k', '8 s only'],
    ['durationSeconds', { durationSeconds: '4', lastFrame: 's3://b/k' }, 'with a last frame', '8 s only'],
    ['durationSeconds', { durationSeconds: '5' }, 'veo-3.1-generate-preview makes', '4, 6, 8 s'],
    ['enableUpsample', { enableUpsample: 'true' }, 'no such parameter', 'leave it out'],
    ['durationSeconds', { provider: 'relay', durationSeconds: '6' }, 'with a start frame', '8 s only'],
    ['durationSeconds', { model: 'veo-2.0-generate-001', durationSeconds: '5' }, 'a start frame', '8 s only'],
    ['resolution', { model: 'veo-2.0-generate-001', resolution: '4k' }, 'makes 720p, 1080p'],
    ['enhancePrompt', { provider: 'relay', enhancePrompt: 'false' }, 'no such parameter'],
    ['lastFrame', { provider: 'relay', lastFrame: 's3://b/k' }, 'no such parameter'],
  ])('%s of %j', (field, given, ...words) => {
    const checked = check(given);
    const problems = 'problems' in checked ? checked.problems : [];
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    for (const word of words) expect(problems[0]?.message).toContain(word);
  });

  it('and what it can be told is taken', () => {
    expect(check({ durationSeconds: '6', enhancePrompt: 'no' })).toMatchObject({
      parameters: { durationSeconds: 6, enhancePrompt: false },
    });
    expect(check({ durationSeconds: '8 s', resolution: '4k', lastFrame: 's3://b/k' })).toMatchObject({
      parameters: { durationSeconds: 8, resolution: '4k' },
      lastFrame: 's3://b/k',
    });
    for (const given of [{}, { provider: 'relay' }, { model: 'veo-2.0-generate-001' }])
      expect(check(given)).toMatchObject({ parameters: { durationSeconds: 8 } });
  });
});
