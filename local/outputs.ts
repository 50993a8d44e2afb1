import type { CloudAccess } from './cloud-access.ts';
import type { StackOutputs } from './deployment.ts';
import { writeJsonFile } from './json-file.ts';
import { LocalCloudError } from './local-cloud-error.ts';

/** One flat object of names and addresses, for scripts and people. It holds no key. */
export const flatOutputs = (
  { endpoint, region }: CloudAccess,
  gatewayUrl: string,
  outputs: StackOutputs,
): Record<string, string> => ({ endpoint, region, gatewayUrl, ...outputs });

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
