import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CliError, ExitCode, usageError } from './errors.ts';
import type { Target } from './target.ts';

const OUTPUT = 'ProviderSecretArn';

/** The secrets for providers' keys: the stack's outputs name them `ProviderSecretArnOpenaiVideo`. */
export const providerSecretArns = ({ outputs = {} }: Pick<Target, 'outputs'>): Map<string, string> =>
  new Map(
    Object.entries(outputs)
      .filter(([name]) => name.startsWith(OUTPUT))
      .map(([name, arn]) => [name.slice(OUTPUT.length), arn]),
  );

/** The secret of a provider by its id: `openai-video`. @throws CliError */
export const secretArnOf = (target: Target, provider: string): string => {
  if (!target.outputs)
    throw usageError(
      'An address alone does not say where the secrets are; name the stack: --stage or --stack.',
    );
  const arns = providerSecretArns(target);
  const wanted = normalizeName(provider);
  const found = [...arns].find(([name]) => normalizeName(name) === wanted);
  if (found) return found[1];
  const known = [...arns.keys()].map(dashed).join(', ');
  throw new CliError(`${target.name} has no provider ${provider}; it has ${known}.`, ExitCode.notFound);
};

const normalizeName = (name: string): string => name.replaceAll('-', '').toLowerCase();

/** `OpenaiVideo` → `openai-video` */
export const dashed = (name: string): string =>
  name.replaceAll(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();

export const secretsClient = ({ aws }: Pick<Target, 'aws'>): SecretsManagerClient =>
  new SecretsManagerClient(aws);
