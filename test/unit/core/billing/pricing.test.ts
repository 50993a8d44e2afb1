import { costMicros, priceAt, priceMicros } from '../../../../core/billing/pricing.ts';
import { findModel, models } from '../../../../core/providers/model-registry.ts';
import { providerSettings } from '../../../support/jobs.ts';

const modelOf = (dialect: string, id: string) => {
  const model = findModel(dialect, id);
  if (!model) throw new Error(`No ${id}.`);
  return model;
};

describe('what a request costs of which not everything came', () => {
  const google = modelOf('gemini', 'veo-3.1-fast-generate-preview');
  const relay = modelOf('openai-video', 'veo-3.1-fast-generate-preview');

  it('is what was delivered, where the registry says that only that is charged', () => {
    expect(costMicros(2_400_000, google, { asked: 3, delivered: 2 })).toBe(1_600_000);
    expect(costMicros(100, google, { asked: 3, delivered: 1 })).toBe(33);
  });

  it('is all of it, where nobody says so', () => {
    expect(costMicros(2_400_000, relay, { asked: 3, delivered: 2 })).toBe(2_400_000);
  });

  it('is never more than its price', () => {
    expect(costMicros(800_000, google, { asked: 1, delivered: 2 })).toBe(800_000);
  });
});

it('whoever says what is not charged says from where', () => {
  for (const { billing } of models) expect(billing?.source).not.toBe('');
});

it.each([
  [{ resolution: '720p', durationSeconds: 8 }, 800_000],
  [{ resolution: '1080p', durationSeconds: 8 }, 960_000],
  [{ resolution: '720p', durationSeconds: 4, videoCount: 3 }, 1_200_000],
])('%j costs %d micro-dollars', (video, micros) => {
  expect(priceMicros(modelOf('gemini', 'veo-3.1-fast-generate-preview'), video)).toBe(micros);
});

it('a model without a list price has none', () => {
  expect(
    priceMicros(modelOf('openai-video', 'veo-2.0-generate-001'), { resolution: '720p', durationSeconds: 8 }),
  ).toBeUndefined();
});

it('a request costs what the model costs at its provider, and nobody knows where the model is not offered', () => {
  const providers = { google: providerSettings({ dialect: 'gemini' }), simulated: providerSettings() };
  const video = { resolution: '720p', durationSeconds: 8, videoCount: 2 };
  const google = { provider: 'google', model: 'veo-3.1-fast-generate-preview' };
  expect(priceAt({ providers }, google, video)).toBe(
    priceMicros(modelOf('gemini', 'veo-3.1-fast-generate-preview'), video),
  );
  expect(priceAt({ providers }, { ...google, provider: 'simulated' }, video)).toBeUndefined();
  expect(priceAt({ providers }, { ...google, provider: 'gone' }, video)).toBeUndefined();
});
