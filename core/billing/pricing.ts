import type { Model } from '../providers/model.ts';
import { findModel } from '../providers/model-registry.ts';
import type { ProviderConnection } from '../providers/settings.ts';

interface Priced {
  readonly resolution: string;
  readonly durationSeconds: number;
  readonly videoCount?: number;
}

/**
 * The price of a request in micro-dollars: list price × length × number of videos. A continued video counts as its whole 8 s,
 * the dearest reading. `undefined` without a list price.
 */
export const priceMicros = (model: Model, video: Priced): number | undefined => {
  const perSecond = model.pricePerSecondMicros[video.resolution];
  return perSecond === undefined
    ? undefined
    : Math.round(perSecond * video.durationSeconds * (video.videoCount ?? 1));
};

/** The price at a provider of the stage; `undefined` too when the registry does not know the model there. */
export const priceAt = (
  { providers }: { readonly providers: Readonly<Record<string, Pick<ProviderConnection, 'dialect'>>> },
  { provider, model: id }: { readonly provider: string; readonly model: string },
  video: Priced,
): number | undefined => {
  const dialect = providers[provider]?.dialect;
  const model = dialect && findModel(dialect, id);
  return model && priceMicros(model, video);
};

/** The cost of a finished job: a part of the price if fewer videos came and only those are charged. */
export const costMicros = (
  price: number,
  model: Pick<Model, 'billing'>,
  { asked, delivered }: { readonly asked: number; readonly delivered: number },
): number =>
  model.billing?.isDeliveredOnly ? Math.round((price * Math.min(delivered, asked)) / asked) : price;
