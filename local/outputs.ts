import type { CloudAccess } from './cloud-access.ts';
import type { StackOutputs } from './deployment.ts';
import { writeJsonFile } from './json-file.ts';
import { LocalCloudError } from './local-cloud-error.ts';

/**
 * One flat object of names and addresses, for scripts and people. Of our own cloud it names the credentials, which open nothing
 * else. It never holds those of a person: at a cloud that the person named, `access` has none.
 */
export const flatOutputs = (
  { endpoint, region, credentials }: CloudAccess,
  gatewayUrl: string,
  outputs: StackOutputs,
): Record<string, string> => ({
  endpoint,
  region,
  ...(credentials === undefined
    ? {}
    : { AwsAccessKeyId: credentials.accessKeyId, AwsSecretAccessKey: credentials.secretAccessKey }),
  gatewayUrl,
  ...outputs,
});

export const writeOutputs = (file: string, outputs: Record<string, string>): Promise<void> =>
  writeJsonFile(file, outputs);

/** @throws LocalCloudError when the stack has no such output. */
export const outputOf = (outputs: StackOutputs, name: string): string => {
  const value = outputs[name];
  if (value === undefined) {
    throw new LocalCloudError(`The stack has no output ${name}; it has ${Object.keys(outputs).join(', ')}.`);
  }
  return value;
};

/** The secrets of the providers' keys: every output whose name begins with `ProviderSecretArn`. */
export const providerSecretArns = (outputs: StackOutputs): string[] =>
  Object.entries(outputs).flatMap(([name, value]) => (name.startsWith('ProviderSecretArn') ? [value] : []));
