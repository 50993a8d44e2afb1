import { providerSettings, runtimeSettings } from '../../../support/jobs.ts';
import { checkParameters, type Texts } from './parameters-builder.ts';

describe('scenes', () => {
  const stage = runtimeSettings({
    defaults: { prompt: 'Move.', model: 'veo3.1-pro', resolution: '1080p' },
    providers: {
      gateway: providerSettings({ models: ['veo3.1-pro', 'veo3.1-fast'] }),
      google: providerSettings({ dialect: 'gemini', models: ['veo-3.1-generate-preview'] }),
    },
  });
  const google = { provider: 'google', prompt: 'A boat.' };
  const withoutFrame = (given: Texts) => checkParameters(given, stage, { hasStartFrame: false });
  const withFrame = (given: Texts) => checkParameters(given, stage);

  it('text-to-video needs words of its own', () => {
    expect(withoutFrame({ prompt: 'A boat.' })).toMatchObject({
      parameters: { prompt: 'A boat.' },
      media: {},
    });
    expect(withoutFrame({})).toMatchObject({ problems: [{ field: 'prompt' }] });
  });

  it('a length that the start frame fixes is free without one', () => {
    const relay = runtimeSettings({
      defaults: { prompt: 'Move.', model: 'veo-3.1-generate-preview' },
      providers: {
        relay: providerSettings({ dialect: 'openai-video', models: ['veo-3.1-generate-preview'] }),
      },
    });
    const given = { prompt: 'A boat.', durationSeconds: '4' };
    expect(checkParameters(given, relay)).toMatchObject({ problems: [{ field: 'durationSeconds' }] });
    expect(checkParameters(given, relay, { hasStartFrame: false })).toMatchObject({
      parameters: { durationSeconds: 4 },
    });
  });

  it('one to three reference frames, one name or a list', () => {
    const model = { model: 'veo3.1-fast', prompt: 'A boat.' };
    expect(withoutFrame({ ...model, referenceFrames: 's3://b/a, b.png' })).toMatchObject({
      media: { referenceFrames: [{ s3Uri: 's3://b/a, b.png' }] },
    });
    const three = JSON.stringify(['s3://b/1', 's3://b/2', 's3://b/3']);
    expect(withoutFrame({ ...model, referenceFrames: three })).toMatchObject({
      media: { referenceFrames: [{ s3Uri: 's3://b/1' }, { s3Uri: 's3://b/2' }, { s3Uri: 's3://b/3' }] },
    });
    const four = JSON.stringify(['1', '2', '3', '4']);
    expect(withoutFrame({ ...model, referenceFrames: four })).toMatchObject({
      problems: [{ field: 'referenceFrames', closest: 'the first 3' }],
    });
    for (const referenceFrames of ['[', '[]', '[""]', '[1]'])
      expect(withoutFrame({ ...model, referenceFrames })).toMatchObject({
        problems: [{ field: 'referenceFrames' }],
      });
  });

  it('a continued video is 720p, and 8 s, whatever the stage usually makes', () => {
    expect(withoutFrame({ ...google, video: 's3://b/v.mp4' })).toMatchObject({
      parameters: { resolution: '720p', durationSeconds: 8 },
      media: { video: { s3Uri: 's3://b/v.mp4' } },
    });
    expect(withoutFrame({ ...google, video: 'x', resolution: '1080p' })).toMatchObject({
      problems: [{ field: 'resolution', closest: '720p' }],
    });
    expect(withoutFrame({ ...google, video: 'x', durationSeconds: '4' })).toMatchObject({
      problems: [{ field: 'durationSeconds', closest: '8' }],
    });
  });

  it('a model that does not make the scene is named with one that does', () => {
    expect(withoutFrame({ prompt: 'A boat.', referenceFrames: 'a.png' })).toMatchObject({
      problems: [{ field: 'referenceFrames', closest: 'model veo3.1-fast of provider gateway' }],
    });
    expect(withoutFrame({ prompt: 'A boat.', video: 'v.mp4' })).toMatchObject({
      problems: [{ field: 'video', closest: 'model veo-3.1-generate-preview of provider google' }],
    });
  });

  it.each([
    [{ referenceFrames: 'a.png', model: 'veo3.1-fast' }, true, 'referenceFrames'],
    [{ video: 'v.mp4', ...google }, true, 'video'],
    [{ video: 'v.mp4', referenceFrames: 'a.png', ...google }, false, 'referenceFrames'],
    [{ lastFrame: 'l.png', prompt: 'A boat.' }, false, 'lastFrame'],
  ])('%j with start frame %s goes not together', (given: Texts, hasStartFrame, field) => {
    const checked = hasStartFrame ? withFrame(given) : withoutFrame(given);
    expect(checked).toMatchObject({ problems: [{ field }] });
  });

  it('persons, with a picture adults only', () => {
    expect(withoutFrame({ ...google, personGeneration: 'allow_all' })).toMatchObject({
      parameters: { personGeneration: 'allow_all' },
    });
    expect(withFrame({ ...google, personGeneration: 'allow_all' })).toMatchObject({
      problems: [{ field: 'personGeneration', closest: 'allow_adult' }],
    });
  });

  it('several videos of one request', () => {
    expect(withFrame({ ...google, videoCount: '2' })).toMatchObject({ parameters: { videoCount: 2 } });
    for (const [videoCount, closest] of [
      ['5', '4'],
      ['0', '1'],
      ['1.4', '1'],
      ['many', '1'],
    ] as const)
      expect(withFrame({ ...google, videoCount })).toMatchObject({
        problems: [{ field: 'videoCount', closest }],
      });
    expect(withFrame({ videoCount: '2' })).toMatchObject({ problems: [{ field: 'videoCount' }] });
  });

  it('extra passes what the gateway alone knows, and never what we write ourselves', () => {
    const extra = JSON.stringify({ audio_type: 'speech', is_rec: true, off_peak: 1 });
    expect(withFrame({ extra })).toMatchObject({
      parameters: { extra: { audio_type: 'speech', is_rec: true, off_peak: 1 } },
    });
    expect(withFrame({ extra: '{"image":"https://elsewhere.example/a.png"}' })).toMatchObject({
      problems: [{ field: 'extra', value: 'image' }],
    });
    expect(withFrame({ extra: '{"Aspect-Ratio":"1:1"}' })).toMatchObject({ problems: [{ field: 'extra' }] });
    for (const wrong of ['speech', '[]', '{"a":{}}', '{"a b":1}', '{"__proto__":1}', '{"a":null}'])
      expect(withFrame({ extra: wrong })).toMatchObject({ problems: [{ field: 'extra' }] });
    const many = JSON.stringify(
      Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`n${index}`, 1])),
    );
    expect(withFrame({ extra: many })).toMatchObject({ problems: [{ field: 'extra' }] });
  });
});
