import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

let client: SecretsManagerClient | undefined;

/** The text of a secret (its present version by default) without blanks around it; empty where nobody ever filled it, or where there is no such version. */
export const readSecret = async (
  SecretId: string,
  version?: { readonly VersionStage: 'AWSPREVIOUS' },
): Promise<string> => {
  client ??= new SecretsManagerClient({});
  try {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId, ...version }));
    return SecretString.trim();
  } catch (error) {
    // A secret without any version is answered like one that does not exist.
    if (error instanceof ResourceNotFoundException) return '';
    throw error;
  }
};

/** How long what was read is believed. */
export const SECRET_CACHE_MS = 5 * 60_000;
