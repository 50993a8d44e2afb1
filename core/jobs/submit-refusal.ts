import type { ProviderError, ProviderErrorName } from '../kernel/errors.ts';
import { findModel } from '../providers/model-registry.ts';
import { circuitOpeningCode } from '../providers/provider-fault.ts';
import type { ProviderConnection } from '../providers/settings.ts';
import { cancelBeforeSubmit } from './cancel.ts';
import { fail } from './ending.ts';
import type { Failure, JobChange, JobState } from './job.ts';
import { queueAgain } from './transitions.ts';

// A job that opens the circuit so often, while others are accepted in between, is itself the cause.
const MOST_OPENED_CIRCUITS = 3;

/**
 * The change of a job whose submit was certainly refused, so that nothing is spent. Only an error of the request itself fails the
 * job. An error that every other submit would meet (a rate limit, a bad key, no balance, a provider that is down) is not the
 * job's: it goes back to the queue, under its queue key.
 * @param isFirst this refusal opened the circuit; only that one job needs attention
 */
export const afterRefusal = (
  state: JobState,
  error: ProviderError,
  settings: Pick<ProviderConnection, 'dialect'>,
  now: string,
  isFirst = false,
): JobChange => {
  if (state.cancelRequest) return cancelBeforeSubmit(state, now);
  if (error.name === 'ProviderThrottled') return queueAgain(state, now);
  const code = circuitOpeningCode(error.name);
  const openedCircuits = (state.openedCircuits ?? 0) + 1;
  if (code === undefined || (isFirst && openedCircuits > MOST_OPENED_CIRCUITS))
    return fail(state, failureOf(error, state, settings), now);
  return queueAgain(state, now, isFirst ? { attention: { reason: code, since: now }, openedCircuits } : {});
};

const failureOf = (
  error: ProviderError,
  { provider = '', model = '' }: JobState,
  { dialect }: Pick<ProviderConnection, 'dialect'>,
): Failure => {
  const { code, advice } = endings[error.name];
  const { replacement } = findModel(dialect, model)?.lifeCycle ?? {};
  return { code, message: error.message, advice: advice(provider, replacement), charged: error.charged };
};

interface Ending {
  readonly code: Failure['code'];
  readonly advice: (provider: string, replacement: string | undefined) => string;
}

const endings: Record<ProviderErrorName, Ending> = {
  ProviderUnreachable: {
    code: 'PROVIDER_FAILED',
    advice: (provider) =>
      `Check the base URL of provider ${provider} and whether it is up, then drop the frame again.`,
  },
  ProviderUnavailable: {
    code: 'PROVIDER_FAILED',
    advice: (provider) => `Provider ${provider} fails; drop the frame again later.`,
  },
  ProviderThrottled: {
    code: 'PROVIDER_QUOTA',
    advice: (provider) =>
      `Provider ${provider} kept refusing because of its rate limit. Drop fewer frames at once, or ask for a higher limit.`,
  },
  ProviderQuotaExhausted: {
    code: 'PROVIDER_QUOTA',
    advice: (provider) =>
      `The quota at provider ${provider} is used up; drop the frame again when it resets.`,
  },
  ProviderUnauthorized: {
    code: 'PROVIDER_AUTH',
    advice: (provider) =>
      `Put a valid key into the secret of provider ${provider}, then drop the frame again.`,
  },
  ProviderBalanceTooLow: {
    code: 'PROVIDER_BALANCE',
    advice: (provider) => `Top up the account at provider ${provider}, then drop the frame again.`,
  },
  ProviderKeyMissing: {
    code: 'PROVIDER_KEY_MISSING',
    advice: (provider) => `Put the key into the secret of provider ${provider}, then drop the frame again.`,
  },
  ProviderRejected: {
    code: 'PROVIDER_REJECTED',
    advice: () => 'Change what the provider names, then start a new job.',
  },
  ProviderFilteredRequest: {
    code: 'CONTENT_FILTERED',
    advice: () => 'Change the prompt or the frame, then start a new job.',
  },
  ModelRetired: {
    code: 'MODEL_RETIRED',
    advice: (provider, replacement) =>
      replacement === undefined
        ? `Choose another model: provider ${provider} does not offer this one any more.`
        : `Choose ${replacement} instead: provider ${provider} does not offer this model any more.`,
  },
  TaskNotFound: {
    code: 'PROVIDER_REJECTED',
    advice: (provider) => `Check the base URL of provider ${provider}.`,
  },
  ProviderAnswerUnreadable: {
    code: 'PROVIDER_FAILED',
    advice: (provider) => `Check that the base URL of provider ${provider} is its API.`,
  },
};
