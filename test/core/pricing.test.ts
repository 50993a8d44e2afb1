import { findModel } from '../../core/models.ts';
import { priceMicros } from '../../core/pricing.ts';

const fast = findModel('gemini', 'veo-3.1-fast-generate-preview');
const unpriced = findModel('openai-video', 'veo-2.0-generate-001');

it.each([
  [{ resolution: '720p', durationSeconds: 8 }, 800_000],
  [{ resolution: '1080p', durationSeconds: 8 }, 960_000],
  [{ resolution: '720p', durationSeconds: 4, videoCount: 3 }, 1_200_000],
])('%j costs %d micro-dollars', (video, micros) => {
  if (!fast) throw new Error('The registry has lost it.');
  expect(priceMicros(fast, video)).toBe(micros);
});

it('a model without a list price has none', () => {
  if (!unpriced) throw new Error('The registry has lost it.');
  expect(priceMicros(unpriced, { resolution: '720p', durationSeconds: 8 })).toBeUndefined();
});
