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
  // The target of failover; its key is always right.
  spare: { maxInFlight: 3, submitsPerMinute: 4 },
} satisfies Readonly<Record<string, ProviderLimits>>;

export type MultiJobProvider = keyof typeof limits;

export const SPARE: MultiJobProvider = 'spare';

export const limitsOf = (provider: MultiJobProvider): ProviderLimits => limits[provider];

export const isMultiJobProvider = (provider: string): provider is MultiJobProvider => provider in limits;

export const multiJobProviders = Object.keys(limits).filter(isMultiJobProvider);

/** A request that cannot fail over: it has a parameter that only this kind of gateway knows. */
export const LOYAL = {
  parameters: { model: 'veo3.1-fast', extra: { seed: 7 } },
  priceMicros: 800_000,
} as const;
/** A request that may fail over to a cheaper provider. */
export const MOVABLE = { parameters: { model: 'veo3.1' }, priceMicros: 3_200_000 } as const;
const ALTERNATIVE = modelOf('gemini');

/** The simulation's stage with limits on providers, budgets for owners, and failover for some models. */
export const multiJobStage = (): StageConfig => {
  const stage = simulationStage();
  const { gptproto, gemini } = stage.providers;
  return parseStage(
    {
      ...stage,
      // The table has each owner's limit, which overrides this default.
      budgets: { dailyDollars: 1 },
      failover: { alternatives: [{ provider: SPARE, model: ALTERNATIVE }] },
      defaults: { ...stage.defaults, provider: 'narrow' },
      providers: Object.fromEntries(
        Object.entries(limits).map(([name, limit]) => [
          name,
          {
            ...(name === SPARE
              ? { ...gemini, models: [ALTERNATIVE] }
              : { ...gptproto, models: [LOYAL.parameters.model, MOVABLE.parameters.model] }),
            ...limit,
          },
        ]),
      ),
    },
    'the stage of multi-job runs',
  );
};
