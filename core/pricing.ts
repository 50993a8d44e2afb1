import type { Model } from './models.ts';

/** The price of one video in micro-dollars: list price × length. `undefined` where the registry names no price. */
export const priceMicros = (
  model: Model,
  video: { readonly resolution: string; readonly durationSeconds: number },
): number | undefined => {
  const perSecond = model.pricePerSecondMicros[video.resolution];
  return perSecond === undefined ? undefined : Math.round(perSecond * video.durationSeconds);
};
