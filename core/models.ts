/**
 * The models we know, as data. A gateway may keep a name alive that its maker has retired, so a model belongs to a dialect.
 * Prices are estimates: what the maker lists for the video, not what a reseller's invoice says.
 */
export interface Model {
  readonly id: string;
  readonly dialect: string;
  readonly aspectRatios: readonly string[];
  readonly resolutions: readonly string[];
  /** Lengths in seconds that can be asked for. */
  readonly durationsSeconds: readonly number[];
  readonly maxPromptCharacters: number;
  /** Micro-dollars for a second of video, by resolution. */
  readonly pricePerSecondMicros: Readonly<Record<string, number>>;
  readonly watermark: string;
  readonly source: string;
}

const standardPrice = { '720p': 400_000, '1080p': 400_000, '4k': 600_000 };
const fastPrice = { '720p': 100_000, '1080p': 120_000, '4k': 300_000 };

// gptproto has no length parameter, and 1080p and 4k are 8 s only: 8 s is what it makes.
const gptprotoModel = (id: string, pricePerSecondMicros: Model['pricePerSecondMicros']): Model => ({
  id,
  dialect: 'gptproto',
  aspectRatios: ['16:9', '9:16'],
  resolutions: ['720p', '1080p', '4k'],
  durationsSeconds: [8],
  maxPromptCharacters: 5000,
  pricePerSecondMicros,
  watermark: 'SynthID',
  source: 'gptproto model page, seed 000 (2026); prices: Veo list prices, November 2026',
});

export const models: readonly Model[] = [
  gptprotoModel('veo3', standardPrice),
  gptprotoModel('veo3-fast', fastPrice),
  gptprotoModel('veo3-pro', standardPrice),
  gptprotoModel('veo3.1', standardPrice),
  gptprotoModel('veo3.1-fast', fastPrice),
  gptprotoModel('veo3.1-pro', standardPrice),
];

export const findModel = (dialect: string, id: string): Model | undefined =>
  models.find((model) => model.dialect === dialect && model.id === id);
