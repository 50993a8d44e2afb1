import { closestName } from '../kernel/closest-match.ts';
import { listed } from './model-check.ts';
import { type ParameterProblem, problem } from './parameters.ts';
import type { RequestedParameters } from './requested-parameters.ts';
import type { ParameterSettings } from './settings.ts';

interface Choice {
  readonly provider: string;
  readonly model: string;
}

/** Provider and model of a request that names both, one of them, or neither. */
export const chooseModel = (
  { provider, model }: Pick<RequestedParameters, 'provider' | 'model'>,
  settings: ParameterSettings,
): Choice | ParameterProblem =>
  provider === undefined
    ? chooseProvider(model ?? settings.defaults.model, settings)
    : chooseModelOf(provider, model, settings);

const chooseModelOf = (
  provider: string,
  requested: string | undefined,
  { providers, defaults }: ParameterSettings,
): Choice | ParameterProblem => {
  const ids = Object.keys(providers);
  // A name like `constructor` belongs to every object, and is no provider.
  const models = Object.hasOwn(providers, provider) ? providers[provider]?.models : undefined;
  if (!models)
    return problem('provider', provider, `this stage has ${listed(ids)}`, closestName(provider, ids));
  const model = requested ?? (models.includes(defaults.model) ? defaults.model : models[0]);
  if (model === undefined || !models.includes(model))
    return problem(
      'model',
      model ?? '',
      `${provider} offers ${listed(models)}`,
      closestName(model ?? '', models),
    );
  return { provider, model };
};

const chooseProvider = (
  model: string,
  { providers, defaults }: ParameterSettings,
): Choice | ParameterProblem => {
  const ids = Object.keys(providers);
  const preferred = defaults.provider === undefined ? ids : [defaults.provider, ...ids];
  const provider = preferred.find(
    (id) => Object.hasOwn(providers, id) && providers[id]?.models.includes(model),
  );
  if (provider !== undefined) return { provider, model };
  const offered = [...new Set(Object.values(providers).flatMap(({ models }) => models))];
  return problem('model', model, `this stage offers ${listed(offered)}`, closestName(model, offered));
};
