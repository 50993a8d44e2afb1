import type * as z from 'zod';
import { findModel, models as registry } from '../core/providers/model-registry.ts';
import type { ProviderSettings, RuntimeSettings } from '../core/settings.ts';

/** Adds an issue for each provider and model that a stage names and does not offer. */
export const checkModels = (
  stage: Pick<RuntimeSettings, 'defaults' | 'failover' | 'providers'>,
  context: z.RefinementCtx,
): void => {
  checkDefaults(stage, context);
  for (const [id, provider] of Object.entries(stage.providers)) checkOffered(id, provider, context);
  for (const [index, { provider, model }] of (stage.failover?.alternatives ?? []).entries()) {
    if (stage.providers[provider]?.models.includes(model)) continue;
    context.addIssue({
      code: 'custom',
      path: ['failover', 'alternatives', index],
      input: { provider, model },
      message: 'a provider of the stage and a model that it offers',
    });
  }
};

const checkDefaults = (
  { defaults, providers }: Pick<RuntimeSettings, 'defaults' | 'providers'>,
  context: z.RefinementCtx,
): void => {
  const chosen = defaults.provider === undefined ? undefined : providers[defaults.provider];
  if (defaults.provider !== undefined && chosen === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['defaults', 'provider'],
      input: defaults.provider,
      message: `one of the stage's providers: ${Object.keys(providers).join(', ')}`,
    });
    return;
  }
  const offered = (chosen ? [chosen] : Object.values(providers)).flatMap(({ models }) => models);
  if (offered.length > 0 && !offered.includes(defaults.model))
    context.addIssue({
      code: 'custom',
      path: ['defaults', 'model'],
      input: defaults.model,
      message: `a model that the provider offers: ${offered.join(', ')}`,
    });
};

const checkOffered = (id: string, { dialect, models }: ProviderSettings, context: z.RefinementCtx): void => {
  for (const [index, model] of models.entries()) {
    if (findModel(dialect, model) !== undefined) continue;
    const known = registry.filter((entry) => entry.dialect === dialect).map((entry) => entry.id);
    context.addIssue({
      code: 'custom',
      path: ['providers', id, 'models', index],
      input: model,
      message: `a model of ${dialect}: ${known.join(', ')}`,
    });
  }
};
