import { DURATION_WHEN_FIXED, findModel, models } from '../../core/models.ts';
import { DialectId } from '../../core/settings.ts';

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
