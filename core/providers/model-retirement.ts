import type { LifeCycle } from './model.ts';
import { findModel } from './model-registry.ts';
import type { ProviderConnection } from './settings.ts';

const WARNING_DAYS = 60;
const DAY_MS = 86_400_000;

/**
 * Warnings for a person who deploys a stage with models that are retired, or will be within 60 days; a sentence each.
 * @param today a day in UTC, `2026-11-21`
 */
export const retirementWarnings = (
  providers: Readonly<Record<string, Pick<ProviderConnection, 'dialect' | 'models'>>>,
  today: string,
  lifeOf = (dialect: string, id: string): LifeCycle | undefined => findModel(dialect, id)?.lifeCycle,
): string[] =>
  Object.entries(providers).flatMap(([provider, { dialect, models }]) =>
    models.flatMap((id) => {
      const life = lifeOf(dialect, id);
      const when = life && retirementOf(life, today);
      if (when === undefined) return [];
      const instead = life?.replacement === undefined ? '' : ` Use ${life.replacement} instead.`;
      return [
        `Provider ${provider} offers ${id}, which ${when} (${life?.source}). A gateway may keep it alive longer; jobs that it refuses end as MODEL_RETIRED.${instead}`,
      ];
    }),
  );

/** When the model is retired, as a clause; nothing while that is further away than a warning reaches. */
const retirementOf = ({ status, retiresOn }: LifeCycle, today: string): string | undefined => {
  const daysLeft =
    retiresOn === undefined ? Number.POSITIVE_INFINITY : (Date.parse(retiresOn) - Date.parse(today)) / DAY_MS;
  if (status === 'retired' || daysLeft <= 0)
    return `is retired${retiresOn === undefined ? '' : ` since ${retiresOn}`}`;
  return daysLeft > WARNING_DAYS ? undefined : `retires on ${retiresOn}, in ${daysLeft} days`;
};
