import type { ProviderError, ProviderErrorName } from './errors.ts';
import type { Failure, JobChange, JobState } from './job.ts';
import { cancelBeforeOrder } from './job-cancel.ts';
import { fail, queueAgain } from './job-transitions.ts';
import { findModel } from './models.ts';
import { secondsBetween } from './poll-plan.ts';
import type { ProviderSettings } from './settings.ts';

const DEFAULT_PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 3600;
const LONGEST_THROTTLED_SECONDS = 86_400;

export interface AfterRefusal {
  readonly change: JobChange;
  /** Until the next attempt, where there is one; CheckJob routes. */
  readonly waitSeconds: number;
}

/**
 * What becomes of a job whose submit was refused for certain, so that nothing is spent: it is sent again later where waiting
 * helps, else it failed, free.
 */
export const afterRefusal = (
  state: JobState,
  error: ProviderError,
  settings: ProviderSettings,
  now: string,
): AfterRefusal => {
  const patienceSeconds =
    error.name === 'ProviderThrottled' ? LONGEST_THROTTLED_SECONDS : settings.deadlineSeconds;
  if (state.cancelRequest) return { change: cancelBeforeOrder(state, now), waitSeconds: 0 };
  const ageSeconds = secondsBetween(state.redrivenAt ?? state.createdAt, now);
  if (error.retryable && ageSeconds < patienceSeconds) {
    // A twentieth of the age at least: a day of refusals is about 130 attempts, 2,100 of 25,000 history events.
    const pauseSeconds = Math.max(error.retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS, ageSeconds / 20, 1);
    return {
      change: queueAgain(state, now),
      waitSeconds: Math.ceil(Math.min(pauseSeconds, LONGEST_PAUSE_SECONDS)),
    };
  }
  return { change: fail(state, failureOf(error, state, settings), now), waitSeconds: 0 };
};

const failureOf = (
  error: ProviderError,
  { provider = '', model = '' }: JobState,
  { dialect }: ProviderSettings,
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
    advice: (provider) => `Provider ${provider} has trouble; drop the frame again later.`,
  },
  ProviderThrottled: {
    code: 'PROVIDER_QUOTA',
    advice: (provider) =>
      `Provider ${provider} kept refusing for its rate limit; drop fewer frames at once, or ask for a higher limit.`,
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
