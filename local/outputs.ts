import type { CloudAccess } from './cloud-access.ts';
import type { StackOutputs } from './deployment.ts';
import { writeJsonFile } from './json-file.ts';
import { LocalCloudError } from './local-cloud-error.ts';

/** One flat object for scripts and for people: where everything is. No key stands here. */
export const flatOutputs = (
  { endpoint, region }: CloudAccess,
  gatewayUrl: string,
  outputs: StackOutputs,
): Record<string, string> => ({ endpoint, region, gatewayUrl, ...outputs });

/** The stack's outputs with addresses that work as they stand: AWS's own name of the API is below the local endpoint here. */
export const reachableOutputs = (
  { endpoint }: Pick<CloudAccess, 'endpoint'>,
  outputs: StackOutputs,
): StackOutputs => {
  const apiId = /^https:\/\/([^.]+)\.execute-api\./.exec(outputs.ApiUrl ?? '')?.[1];
  if (apiId === undefined) return outputs;
  return { ...outputs, ApiUrl: `${endpoint}/_aws/execute-api/${apiId}/$default` };
};

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

/** The secrets for providers' keys, by the outputs that name them. */
export const providerSecretArns = (outputs: StackOutputs): string[] =>
  Object.entries(outputs).flatMap(([name, value]) => (name.startsWith('ProviderSecretArn') ? [value] : []));
