/** Sizes and prices of Veo's videos, the same behind every dialect. */

export const resolutions = ['720p', '1080p', '4k'] as const;
export type Resolution = (typeof resolutions)[number];

export const aspectRatios = ['16:9', '9:16'] as const;
export type AspectRatio = (typeof aspectRatios)[number];

const sizes = { '720p': [1280, 720], '1080p': [1920, 1080], '4k': [3840, 2160] } as const;

export const pixelsOf = (resolution: Resolution, aspectRatio: AspectRatio) => {
  const [long, short] = sizes[resolution];
  return aspectRatio === '16:9' ? { width: long, height: short } : { width: short, height: long };
};

/** Micro-dollars a second. The seeds have no prices: PROVIDERS.md has these for Veo 3.1; resellers differ. */
const microsPerSecond = {
  standard: { '720p': 400_000, '1080p': 400_000, '4k': 600_000 },
  fast: { '720p': 100_000, '1080p': 120_000, '4k': 300_000 },
  lite: { '720p': 50_000, '1080p': 80_000, '4k': 80_000 }, // there is no 4k on lite
};

/** Older models cost the same as 3.1, which is near enough for a simulation. */
export const microsFor = (model: string, resolution: Resolution, durationSeconds: number): number => {
  const tier = /-lite\b/.test(model) ? 'lite' : /-fast\b/.test(model) ? 'fast' : 'standard';
  return microsPerSecond[tier][resolution] * durationSeconds;
};
