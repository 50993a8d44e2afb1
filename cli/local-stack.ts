import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import type { Credentials } from '../client/index.ts';

/** What `npm start` writes to `.local/outputs.json`: names, addresses, and the credentials of its own cloud. */
const LocalOutputs = z
  .object({
    endpoint: z.string(),
    region: z.string(),
    ApiUrl: z.string(),
    AwsAccessKeyId: z.string().optional(),
    AwsSecretAccessKey: z.string().optional(),
  })
  .catchall(z.string());
export type LocalOutputs = z.infer<typeof LocalOutputs>;

export interface LocalStack {
  readonly file: string;
  readonly outputs: LocalOutputs;
}

/** Reads such a file. Answers nothing when it is missing or holds something else. */
export const readLocalStack = async (file: string): Promise<LocalStack | undefined> => {
  try {
    return { file, outputs: LocalOutputs.parse(JSON.parse(await readFile(file, 'utf8'))) };
  } catch {
    return undefined;
  }
};

/** The running local stack of the clone that the folder is in. */
export const findLocalStack = async (folder: string): Promise<LocalStack | undefined> => {
  for (let here = resolve(folder); ; here = dirname(here)) {
    const found = await readLocalStack(join(here, '.local', 'outputs.json'));
    if (found) return (await isRunning(found)) ? found : undefined;
    if (here === dirname(here)) return undefined;
  }
};

const ALIVE_WITHIN_MS = 2000;

/** Any answer will do, whatever its status. */
const isRunning = ({ outputs }: LocalStack): Promise<boolean> =>
  fetch(outputs.endpoint, { signal: AbortSignal.timeout(ALIVE_WITHIN_MS) }).then(
    () => true,
    () => false,
  );

export const isLoopback = (url: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);

/** A MiniStack that somebody started takes this pair for the account's root user. The pair is public and opens nothing else. */
export const publicCredentials: Credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** The credentials that the outputs of a local stack name. At a cloud that `npm start` did not start they name none. */
export const localCredentials = ({
  AwsAccessKeyId: accessKeyId,
  AwsSecretAccessKey: secretAccessKey,
}: Readonly<Record<string, string | undefined>>): Credentials =>
  accessKeyId === undefined || secretAccessKey === undefined
    ? publicCredentials
    : { accessKeyId, secretAccessKey };

/** The stack's outputs with an `ApiUrl` that works: at a local cloud the API lies below the cloud's own endpoint. */
export const reachableOutputs = (
  { endpoint }: { readonly endpoint: string },
  outputs: Readonly<Record<string, string>>,
): Record<string, string> => {
  const apiId = /^https:\/\/([^.]+)\.execute-api\./.exec(outputs.ApiUrl ?? '')?.[1];
  if (apiId === undefined) return { ...outputs };
  return { ...outputs, ApiUrl: `${endpoint}/_aws/execute-api/${apiId}/$default` };
};
