import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { CliError, ExitCode, usageError } from './errors.ts';
import type { Target } from './target.ts';

/** The secret of each provider by its id. */
export const providerSecretArns = ({ outputs = {} }: Pick<Target, 'outputs'>): Map<string, string> =>
  outputs.SecretArnsByProvider === undefined
    ? new Map(arnsByOutputName(outputs))
    : new Map(Object.entries(SecretArns.parse(JSON.parse(outputs.SecretArnsByProvider))));

const SecretArns = z.record(z.string(), z.string());

const OUTPUT = 'ProviderSecretArn';

/** A stack of release 0.1.0 has the ids only in the names of its outputs: `ProviderSecretArnOpenaiVideo`. */
const arnsByOutputName = (outputs: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(outputs)
    .filter(([name]) => name.startsWith(OUTPUT))
    .map(([name, arn]) => [dashed(name.slice(OUTPUT.length)), arn]);

/** The secret of the provider with exactly this id: another provider's key must never go there. @throws CliError */
export const secretArnOf = (target: Pick<Target, 'name' | 'outputs'>, provider: string): string => {
  if (!target.outputs)
    throw usageError('An address does not tell where the secrets are. Name the stack: --stage or --stack.');
  const arns = providerSecretArns(target);
  const arn = arns.get(provider);
  if (arn !== undefined) return arn;
  const known = [...arns.keys()].join(', ');
  throw new CliError(`${target.name} has no provider ${provider}; it has ${known}.`, ExitCode.notFound);
};

export const secretsClient = ({ aws }: Pick<Target, 'aws'>): SecretsManagerClient =>
  new SecretsManagerClient(aws);

/** `OpenaiVideo` → `openai-video` */
const dashed = (name: string): string =>
  name.replaceAll(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
