import { parseStage, type StageConfig } from '../lib/stage-config.ts';
import { PROVIDER_HOST } from './provider.ts';
import { proofStage } from './stage.ts';

export interface CrowdLimits {
  readonly maxInFlight?: number;
  readonly submitsPerMinute?: number;
}

const limits: Readonly<Record<string, CrowdLimits>> = {
  narrow: { maxInFlight: 2 },
  slow: { maxInFlight: 8, submitsPerMinute: 3 },
  'narrow-and-slow': { maxInFlight: 2, submitsPerMinute: 2 },
};

export const crowdProviders = Object.keys(limits);

export const limitsOf = (provider: string): CrowdLimits => limits[provider] ?? {};

/** Of each owner and day; less than the largest crowd would like. */
export const DAILY_MICROS = 2_000_000;

/** The stage of the proof with providers that have limits, and budgets. */
export const crowdStage = (): StageConfig => {
  const stage = proofStage();
  const [usual] = Object.values(stage.providers);
  return parseStage(
    {
      ...stage,
      budgets: { dailyDollars: DAILY_MICROS / 1e6 },
      defaults: { ...stage.defaults, provider: 'narrow' },
      providers: Object.fromEntries(
        Object.entries(limits).map(([name, limit]) => [
          name,
          { ...usual, submitBaseUrl: `https://${PROVIDER_HOST}`, ...limit },
        ]),
      ),
    },
    'the stage of crowds',
  );
};
