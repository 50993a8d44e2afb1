import { retirementWarnings } from '../../../../core/providers/model-retirement.ts';

const gateway = (models: string[]) => ({ gateway: { dialect: 'gptproto' as const, models } });

it('says nothing of models that stay', () => {
  expect(retirementWarnings(gateway(['veo3.1', 'veo3.1-fast']), '2026-11-21')).toEqual([]);
});

it('names a retired model, since when, who says so, and what to use instead', () => {
  const [warning, ...more] = retirementWarnings(gateway(['veo3.1', 'veo3-fast']), '2026-11-21');
  expect(more).toEqual([]);
  for (const words of ['gateway', 'veo3-fast', 'retired since 2026-06-30', 'Google', 'Use veo3.1-fast'])
    expect(warning).toContain(words);
});

it.each([
  ['2026-04-30', 0],
  ['2026-05-01', 1],
  ['2026-06-29', 1],
])('on %s a model that retires on 30 June: %d warnings', (today, count) => {
  const announced = retirementWarnings(gateway(['veo3']), today, () => ({
    status: 'available',
    retiresOn: '2026-06-30',
    source: 'its maker',
  }));
  expect(announced).toHaveLength(count);
  for (const warning of announced) expect(warning).toContain('retires on 2026-06-30, in ');
});
