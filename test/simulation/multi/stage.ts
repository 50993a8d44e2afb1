import { parseStage, type StageConfig } from '../../../lib/stage-config.ts';
import { modelOf, simulationStage } from '../world/stage.ts';

export interface ProviderLimits {
  readonly maxInFlight?: number;
  readonly submitsPerMinute?: number;
}

const limits = {
  narrow: { maxInFlight: 2 },
  slow: { maxInFlight: 8, submitsPerMinute: 3 },
  'narrow-and-slow': { maxInFlight: 2, submitsPerMinute: 2 },
  // Where jobs go that the others cannot take; its key is always right.
  spare: { maxInFlight: 3, submitsPerMinute: 4 },
} satisfies Readonly<Record<string, ProviderLimits>>;

export type MultiJobProvider = keyof typeof limits;

export const SPARE: MultiJobProvider = 'spare';

export const limitsOf = (provider: MultiJobProvider): ProviderLimits => limits[provider];

export const isMultiJobProvider = (provider: string): provider is MultiJobProvider => provider in limits;

export const multiJobProviders = Object.keys(limits).filter(isMultiJobProvider);

/** An order that stays where it was made: it says something that only this kind of gateway knows. */
export const LOYAL = { order: { model: 'veo3.1-fast', extra: { seed: 7 } }, priceMicros: 800_000 } as const;
/** One that another provider may make as well, for less. */
export const MOVABLE = { order: { model: 'veo3.1' }, priceMicros: 3_200_000 } as const;
const ALTERNATIVE = modelOf('gemini');

/** The stage of the proof with providers that have limits, budgets for every owner, and a way out for some models. */
export const multiJobStage = (): StageConfig => {
  const stage = simulationStage();
  const { gptproto, gemini } = stage.providers;
  return parseStage(
    {
      ...stage,
      // What each crowd's owners may spend stands in the table, and goes over this.
      budgets: { dailyDollars: 1 },
      failover: { alternatives: [{ provider: SPARE, model: ALTERNATIVE }] },
      defaults: { ...stage.defaults, provider: 'narrow' },
      providers: Object.fromEntries(
        Object.entries(limits).map(([name, limit]) => [
          name,
          {
            ...(name === SPARE
              ? { ...gemini, models: [ALTERNATIVE] }
              : { ...gptproto, models: [LOYAL.order.model, MOVABLE.order.model] }),
            ...limit,
          },
        ]),
      ),
    },
    'the stage of crowds',
  );
};
