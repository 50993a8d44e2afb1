import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

let client: SecretsManagerClient | undefined;

/** The text of a secret, trimmed; its present version by default. Empty where the secret or the version has no value yet. */
export const readSecret = async (
  SecretId: string,
  version?: { readonly VersionStage: 'AWSPREVIOUS' },
): Promise<string> => {
  client ??= new SecretsManagerClient({});
  try {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId, ...version }));
    return SecretString.trim();
  } catch (error) {
    // AWS answers a secret without any version like one that does not exist.
    if (error instanceof ResourceNotFoundException) return '';
    throw error;
  }
};

/** How long a secret is cached. */
export const SECRET_CACHE_MS = 5 * 60_000;
