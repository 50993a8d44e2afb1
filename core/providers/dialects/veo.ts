import type { LifeCycle, Model } from '../model.ts';

// What the models of the Veo family have in common at every provider. Prices: Veo list prices, November 2026.

export const standardPrice = { '720p': 400_000, '1080p': 400_000, '4k': 600_000 };
export const fastPrice = { '720p': 100_000, '1080p': 120_000, '4k': 300_000 };

export const veo = {
  aspectRatios: ['16:9', '9:16'],
  resolutions: ['720p', '1080p', '4k'],
  maxPromptCharacters: 5000,
  maxReferenceFrames: 3,
  watermark: 'SynthID',
  retentionHours: 48,
} as const satisfies Partial<Model>;

/** Veo 2 and 3.0 at their maker. Gateways may keep the names alive. */
export const retiredInJune = (replacement: string): LifeCycle => ({
  status: 'retired',
  retiresOn: '2026-06-30',
  replacement,
  source: 'Google, model life cycle, read November 2026',
});
