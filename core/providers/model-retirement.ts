import type { LifeCycle } from './model.ts';
import { findModel } from './model-registry.ts';
import type { ProviderConnection } from './settings.ts';

const WARNING_DAYS = 60;
const DAY_MS = 86_400_000;

/**
 * What a person should hear who deploys a stage with models that are retired, or will be within 60 days; a sentence each.
 * @param today a day in UTC, `2026-11-21`
 */
export const retirementWarnings = (
  providers: Readonly<Record<string, Pick<ProviderConnection, 'dialect' | 'models'>>>,
  today: string,
  lifeOf = (dialect: string, id: string): LifeCycle | undefined => findModel(dialect, id)?.lifeCycle,
): string[] =>
  Object.entries(providers).flatMap(([provider, { dialect, models }]) =>
    models.flatMap((id) => {
      const { status, retiresOn, replacement, source } = lifeOf(dialect, id) ?? {};
      const daysLeft =
        retiresOn === undefined
          ? Number.POSITIVE_INFINITY
          : (Date.parse(retiresOn) - Date.parse(today)) / DAY_MS;
      const isRetired = status === 'retired' || daysLeft <= 0;
      if (!isRetired && daysLeft > WARNING_DAYS) return [];
      const when = isRetired
        ? `is retired${retiresOn === undefined ? '' : ` since ${retiresOn}`}`
        : `retires on ${retiresOn}, in ${daysLeft} days`;
      const instead = replacement === undefined ? '' : ` Use ${replacement} instead.`;
      return [
        `Provider ${provider} offers ${id}, which ${when} (${source}). A gateway may keep it alive longer; jobs that it refuses end as MODEL_RETIRED.${instead}`,
      ];
    }),
  );
