import { providerSettings, runtimeSettings } from '../../../support/jobs.ts';
import { checkParameters, problemsOf, settings, type Texts } from './parameters-builder.ts';

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
      media: {},
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
      media: { lastFrame: { s3Uri: 's3://b/k' } },
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
    ['enhancePrompt', { enhancePrompt: 'constructor' }, 'true or false'],
    ['provider', { provider: 'constructor' }, 'this stage has simulated, other'],
    ['prompt', { prompt: 'a\u0000b' }, 'control characters'],
    ['prompt', { prompt: 'a\udc00' }, 'half a character'],
    ['prompt', { prompt: 'x'.repeat(5001) }, '5000'],
    ['priority', { priority: '1' }, 'high, normal, low'],
    ['priority', { priority: 'hi' }, 'Closest that works: high.'],
  ])('name the field, the value and what is allowed: %s', (field, given, allowed) => {
    const [problem] = problemsOf(given);
    expect(problem?.field).toBe(field);
    expect(problem?.message).toContain(allowed);
  });

  it('say nothing of who goes first: that stands beside them', () => {
    const checked = checkParameters({ priority: 'High' }, settings);
    expect(checked).toMatchObject({ priority: 'high' });
    expect('parameters' in checked && checked.parameters).not.toHaveProperty('priority');
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
  const check = (given: Texts) => checkParameters(given, stage);

  it.each([
    ['durationSeconds', { durationSeconds: '6', resolution: '1080p' }, 'with 1080p', '8 s only'],
    ['negativePrompt', { negativePrompt: 'a\u001bb' }, 'control characters', 'nobody can read'],
    ['durationSeconds', { durationSeconds: '4', resolution: '4k' }, 'with 4k', '8 s only'],
    ['durationSeconds', { durationSeconds: '4', lastFrame: 's3://b/k' }, 'with a last frame', '8 s only'],
    ['durationSeconds', { durationSeconds: '5' }, 'veo-3.1-generate-preview makes', '4, 6, 8 s'],
    ['enableUpsample', { enableUpsample: 'true' }, 'no such parameter', 'Closest that works: leave it out'],
    ['durationSeconds', { provider: 'relay', durationSeconds: '6' }, 'with a start frame', '8 s only'],
    ['durationSeconds', { model: 'veo-2.0-generate-001', durationSeconds: '5' }, 'a start frame', '8 s only'],
    ['resolution', { model: 'veo-2.0-generate-001', resolution: '4k' }, 'makes 720p, 1080p'],
    ['enhancePrompt', { provider: 'relay', enhancePrompt: 'false' }, 'no such parameter'],
    ['lastFrame', { provider: 'relay', lastFrame: 's3://b/k' }, 'no video of a last frame'],
  ])('%s of %j', (field, given, ...words) => {
    const checked = check(given);
    const problems = 'problems' in checked ? checked.problems : [];
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    for (const word of words) expect(problems[0]?.message).toContain(word);
  });

  it('a length goes with the resolution that is taken, not with a usual one that the model does not make', () => {
    const usually4k = { ...stage, defaults: { ...stage.defaults, resolution: '4k' } };
    const given = { model: 'veo-2.0-generate-001', prompt: 'A', durationSeconds: '5' };
    expect(checkParameters(given, usually4k, { hasStartFrame: false })).toMatchObject({
      parameters: { durationSeconds: 5, resolution: '720p' },
    });
  });

  it('and what it can be told is taken', () => {
    expect(check({ durationSeconds: '6', enhancePrompt: 'no' })).toMatchObject({
      parameters: { durationSeconds: 6, enhancePrompt: false },
    });
    expect(check({ durationSeconds: '8 s', resolution: '4k', lastFrame: 's3://b/k' })).toMatchObject({
      parameters: { durationSeconds: 8, resolution: '4k' },
      media: { lastFrame: { s3Uri: 's3://b/k' } },
    });
    for (const given of [{}, { provider: 'relay' }, { model: 'veo-2.0-generate-001' }])
      expect(check(given)).toMatchObject({ parameters: { durationSeconds: 8 } });
  });
});

describe('the closest thing that would work is named', () => {
  it.each([
    [{ provider: 'simulatd' }, 'simulated'],
    [{ model: 'veo-3.1-fast' }, 'veo3.1-fast'],
    [{ aspectRatio: '4:3' }, '16:9'],
    [{ aspectRatio: '1080x1920' }, '9:16'],
    [{ aspectRatio: '3/4' }, '9:16'],
    [{ aspectRatio: 'wide' }, 'auto'],
    [{ resolution: '1440p' }, '1080p'],
    [{ resolution: '8k' }, '4k'],
    [{ resolution: 'huge' }, '720p'],
    [{ durationSeconds: '5' }, '8'],
    [{ durationSeconds: 'long' }, '8'],
    [{ enhancePrompt: 'flase' }, 'false'],
    [{ prompt: 'x'.repeat(5001) }, 'its first 5000 characters'],
    [{ model: 'sora' }, undefined],
  ])('%j → %s', (given: Texts, closest) => {
    const [problem] = problemsOf(given);
    expect(problem?.closest).toBe(closest);
    if (closest) expect(problem?.message).toContain(`Closest that works: ${closest}.`);
  });
});

it('of two that are equally close the longer one is named', () => {
  const stage = runtimeSettings({
    defaults: { prompt: 'Move.', model: 'veo-3.1-generate-preview' },
    providers: { google: providerSettings({ dialect: 'gemini', models: ['veo-3.1-generate-preview'] }) },
  });
  expect(checkParameters({ durationSeconds: '5' }, stage)).toMatchObject({ problems: [{ closest: '6' }] });
});
