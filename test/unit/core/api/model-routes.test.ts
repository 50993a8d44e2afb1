import { offeredModels } from '../../../../core/api/model-routes.ts';
import { findModel } from '../../../../core/providers/model-registry.ts';
import { providerSettings, runtimeSettings } from '../../../support/jobs.ts';

const google = providerSettings({ dialect: 'gemini', models: ['veo-3.1-generate-preview'] });
const relay = providerSettings();

it('says of every model of the stage all that the registry knows', () => {
  const offered = offeredModels(runtimeSettings({ providers: { relay, google } }));
  expect(offered.map(({ provider, id }) => [provider, id])).toEqual([
    ['relay', 'veo3.1-fast'],
    ['relay', 'veo3'],
    ['google', 'veo-3.1-generate-preview'],
  ]);
  for (const { provider, isDefault, ...facts } of offered)
    expect(facts).toEqual(findModel(provider === 'google' ? 'gemini' : 'gptproto', facts.id));
});

const defaultOf = (defaults: { model: string; provider?: string }) =>
  offeredModels(
    runtimeSettings({ defaults: { prompt: 'A', ...defaults }, providers: { relay, second: relay, google } }),
  )
    .filter(({ isDefault }) => isDefault)
    .map(({ provider, id }) => [provider, id]);

it('marks the one that is taken when nobody says otherwise', () => {
  expect(defaultOf({ model: 'veo3' })).toEqual([['relay', 'veo3']]);
  expect(defaultOf({ model: 'veo3', provider: 'second' })).toEqual([['second', 'veo3']]);
  // A default provider that does not offer the default model is passed over, as an order passes it over.
  expect(defaultOf({ model: 'veo3', provider: 'google' })).toEqual([['relay', 'veo3']]);
});
