import { DURATION_WHEN_FIXED, findModel, models } from '../../../../core/providers/model-registry.ts';
import { DialectId } from '../../../../core/providers/registry.ts';
import { scenes } from '../../../../core/providers/scenes.ts';

it('every dialect has models, each once', () => {
  expect(new Set(models.map(({ dialect }) => dialect))).toEqual(new Set(DialectId.options));
  for (const model of models) expect(findModel(model.dialect, model.id)).toBe(model);
});

it.each(models)('$id of $dialect can be asked for in every way it claims', (model) => {
  const { aspectRatios, durationsSeconds, pricePerSecondMicros, resolutions, source } = model;
  expect(source).not.toBe('');
  expect(aspectRatios.length).toBeGreaterThan(0);
  // A rule that fixes the length leaves one that can be asked for.
  expect(durationsSeconds).toContain(DURATION_WHEN_FIXED);
  // A price for every resolution, or none at all: half a list would guess.
  const priced = Object.keys(pricePerSecondMicros);
  if (priced.length > 0) expect(priced.sort()).toEqual(expect.arrayContaining([...resolutions]));
});

it.each(models)('$id of $dialect says only what can be meant', (model) => {
  const { extensionResolutions = [], fixedDurationWith, lifeCycle, maxReferenceFrames, resolutions } = model;
  expect(scenes).toEqual(expect.arrayContaining([...model.scenes]));
  expect(model.scenes.length).toBeGreaterThan(0);
  expect([...scenes, '720p', '1080p', '4k']).toEqual(expect.arrayContaining([...fixedDurationWith]));
  expect(resolutions).toEqual(expect.arrayContaining([...extensionResolutions]));
  if (model.scenes.includes('reference-to-video')) expect(maxReferenceFrames).toBeGreaterThan(0);
  expect(lifeCycle.source).not.toBe('');
  if (lifeCycle.status === 'retired') {
    expect(lifeCycle.retiresOn).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(lifeCycle.replacement).not.toBe('');
  }
});

it.each([
  ['gptproto', 'seed 000', ['veo3', 'veo3-fast', 'veo3-pro', 'veo3.1', 'veo3.1-fast', 'veo3.1-pro']],
  ['gemini', 'seed 002', ['veo-3.1-generate-preview', 'veo-3.1-fast-generate-preview']],
  [
    'openai-video',
    'seed 004',
    [
      'veo-2.0-generate-001',
      'veo-3.0-fast-generate-001',
      'veo-3.0-generate-001',
      'veo-3.1-fast-generate-preview',
      'veo-3.1-generate-preview',
    ],
  ],
])('%s has the models of %s', (dialect, _seed, ids) => {
  const offered = models.filter((model) => model.dialect === dialect).map(({ id }) => id);
  expect(offered.sort()).toEqual(ids.sort());
});

it('a pro model makes no video of reference frames (seed 000)', () => {
  for (const model of models.filter(({ id }) => id.endsWith('-pro')))
    expect(model.scenes).toEqual(['text-to-video', 'image-to-video', 'first-and-last-frame']);
});
