import type { StageConfig } from './stage-config.ts';

/**
 * What `startframe doctor` says of a stage's settings. The settings themselves are in the bundles, where only functions read them;
 * this stands in the template's metadata, and holds counts in place of names.
 */
export const stageFacts = ({ stage, admins, budgets, providers, deploy }: StageConfig) => ({
  stage,
  localCloud: deploy.localCloud,
  admins: admins.length,
  budgets: {
    dailyDollars: budgets?.dailyDollars,
    owners: Object.keys(budgets?.owners ?? {}).length,
    assumedPriceDollars: budgets?.assumedPriceDollars,
  },
  providers: Object.fromEntries(
    Object.entries(providers).map(([id, { maxInFlight }]) => [id, { maxInFlight }]),
  ),
});
