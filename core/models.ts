/** What a job may say that not every model can be told. */
export type OptionalParameter = 'enhancePrompt' | 'enableUpsample' | 'lastFrame';

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
  /** Resolutions, and frames by their name, that leave only one length: `DURATION_WHEN_FIXED`. */
  readonly fixedDurationWith: readonly string[];
  /** Which of these it can be told. */
  readonly takes: readonly OptionalParameter[];
  readonly maxPromptCharacters: number;
  /** Micro-dollars for a second of video, by resolution; empty where nobody lists a price. */
  readonly pricePerSecondMicros: Readonly<Record<string, number>>;
  readonly watermark: string;
  readonly source: string;
}

/** Seconds: every document that fixes the length fixes it to this. */
export const DURATION_WHEN_FIXED = 8;

const standardPrice = { '720p': 400_000, '1080p': 400_000, '4k': 600_000 };
const fastPrice = { '720p': 100_000, '1080p': 120_000, '4k': 300_000 };

const common = {
  aspectRatios: ['16:9', '9:16'],
  resolutions: ['720p', '1080p', '4k'],
  maxPromptCharacters: 5000,
  watermark: 'SynthID',
} as const;

// gptproto has no length parameter, and 1080p and 4k are 8 s only: 8 s is what it makes.
const gptprotoModel = (id: string, pricePerSecondMicros: Model['pricePerSecondMicros']): Model => ({
  ...common,
  id,
  dialect: 'gptproto',
  durationsSeconds: [8],
  fixedDurationWith: [],
  takes: ['enhancePrompt', 'enableUpsample', 'lastFrame'],
  pricePerSecondMicros,
  source: 'gptproto model page, seed 000 (2026); prices: Veo list prices, November 2026',
});

const geminiModel = (id: string, pricePerSecondMicros: Model['pricePerSecondMicros']): Model => ({
  ...common,
  id,
  dialect: 'gemini',
  durationsSeconds: [4, 6, 8],
  fixedDurationWith: ['1080p', '4k', 'lastFrame'],
  takes: ['enhancePrompt', 'lastFrame'],
  pricePerSecondMicros,
  source: 'gptproto model pages, seeds 002 and 003 (2026); last frame and prices: Google, November 2026',
});

const openAiVideoModel = (
  id: string,
  pricePerSecondMicros: Model['pricePerSecondMicros'],
  limits: Partial<Pick<Model, 'resolutions' | 'durationsSeconds'>> = {},
): Model => ({
  ...common,
  id,
  dialect: 'openai-video',
  durationsSeconds: [4, 6, 8],
  // With a first frame `seconds` is fixed to 8.
  fixedDurationWith: ['startFrame', '1080p', '4k'],
  takes: [],
  pricePerSecondMicros,
  source: 'relay model page, seed 004 (2026); prices: Veo 3.1 list prices, November 2026, for Veo 3.0 too',
  ...limits,
});

export const models: readonly Model[] = [
  gptprotoModel('veo3', standardPrice),
  gptprotoModel('veo3-fast', fastPrice),
  gptprotoModel('veo3-pro', standardPrice),
  gptprotoModel('veo3.1', standardPrice),
  gptprotoModel('veo3.1-fast', fastPrice),
  gptprotoModel('veo3.1-pro', standardPrice),
  geminiModel('veo-3.1-generate-preview', standardPrice),
  geminiModel('veo-3.1-fast-generate-preview', fastPrice),
  openAiVideoModel('veo-3.1-generate-preview', standardPrice),
  openAiVideoModel('veo-3.1-fast-generate-preview', fastPrice),
  openAiVideoModel('veo-3.0-generate-001', standardPrice),
  openAiVideoModel('veo-3.0-fast-generate-001', fastPrice),
  openAiVideoModel(
    'veo-2.0-generate-001',
    {},
    { resolutions: ['720p', '1080p'], durationsSeconds: [5, 6, 7, 8] },
  ),
];

export const findModel = (dialect: string, id: string): Model | undefined =>
  models.find((model) => model.dialect === dialect && model.id === id);
