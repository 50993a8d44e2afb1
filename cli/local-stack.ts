import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';

/** What `npm start` writes to `.local/outputs.json`: names and addresses, no key. */
const LocalOutputs = z
  .object({ endpoint: z.string(), region: z.string(), ApiUrl: z.string() })
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

/** MiniStack takes this pair for the account's root user, with AUTH=true too. The pair is public and opens nothing else. */
export const localCredentials = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** The stack's outputs with an `ApiUrl` that works: at a local cloud the API lies below the cloud's own endpoint. */
export const reachableOutputs = (
  { endpoint }: { readonly endpoint: string },
  outputs: Readonly<Record<string, string>>,
): Record<string, string> => {
  const apiId = /^https:\/\/([^.]+)\.execute-api\./.exec(outputs.ApiUrl ?? '')?.[1];
  if (apiId === undefined) return { ...outputs };
  return { ...outputs, ApiUrl: `${endpoint}/_aws/execute-api/${apiId}/$default` };
};
