import type { FailureCode } from '../kernel/contract.ts';
import type { ProviderErrorName } from '../kernel/errors.ts';

/** The failure code of an error that says something about the provider, not about the request: it would meet every other job. */
export const circuitOpeningCode = (name: ProviderErrorName): FailureCode | undefined => {
  switch (name) {
    case 'ProviderUnauthorized':
      return 'PROVIDER_AUTH';
    case 'ProviderBalanceTooLow':
      return 'PROVIDER_BALANCE';
    case 'ProviderKeyMissing':
      return 'PROVIDER_KEY_MISSING';
    case 'ProviderQuotaExhausted':
      return 'PROVIDER_QUOTA';
    case 'ProviderUnreachable':
    case 'ProviderUnavailable':
      return 'PROVIDER_FAILED';
    default:
      return undefined;
  }
};

/** What to do about a provider whose circuit is open. The circuit closes by itself when the provider accepts a submit. */
export const circuitAdvice = (code: FailureCode, provider: string): string => {
  switch (code) {
    case 'PROVIDER_AUTH':
      return `Put a valid key into the secret of provider ${provider}.`;
    case 'PROVIDER_KEY_MISSING':
      return `Put the key into the secret of provider ${provider}.`;
    case 'PROVIDER_BALANCE':
      return `Top up the account at provider ${provider}.`;
    case 'PROVIDER_QUOTA':
      return `Wait until the quota at provider ${provider} resets, or ask for a higher one.`;
    default:
      return `Check whether provider ${provider} is up, and its base URL.`;
  }
};
