import { type Job, type Operations, operationsOf } from './api.ts';
import { InsecureAddress } from './problem.ts';
import { type Authorize, sender } from './send.ts';
import { type SignOptions, signing } from './sign.ts';
import { type WaitOptions, waitForJob } from './wait-for-job.ts';

/** Where the API is, and who calls: with an IAM signature, unless an API key or a token is given, or `sign` is false. */
export type ClientOptions = {
  /** The stack's output `ApiUrl`. */
  readonly baseUrl: string;
  /** Tries of a call that can be sent again; default 4. */
  readonly tries?: number | undefined;
  /** For one try; default 30 s, the longest that API Gateway waits. */
  readonly timeoutMs?: number | undefined;
} & Identity;

export type Identity =
  | { readonly sign?: SignOptions | false; readonly apiKey?: never; readonly token?: never }
  | { readonly apiKey: string; readonly token?: never; readonly sign?: never }
  | { readonly token: string | (() => Promise<string>); readonly apiKey?: never; readonly sign?: never };

export interface StartframeClient extends Operations {
  /** Waits until a job has ended, or waits for a person (`submit-unknown`). */
  waitForJob(id: string, options?: WaitOptions): Promise<Job>;
}

/**
 * A client with a method for each operation of the API. A refusal is thrown as an `ApiProblem`.
 * @throws InsecureAddress when it would identify the caller over plain HTTP to another machine
 */
export const createClient = (options: ClientOptions): StartframeClient => {
  const { baseUrl, tries = 4, timeoutMs = 30_000 } = options;
  if (options.sign !== false) refusePlainHttp(new URL(baseUrl));
  const operations = operationsOf(sender({ baseUrl, tries, timeoutMs, authorize: authorizing(options) }));
  return { ...operations, waitForJob: (id, wait) => waitForJob(operations, id, wait) };
};

const LOOPBACK = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

const refusePlainHttp = ({ protocol, hostname, origin }: URL): void => {
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))) return;
  throw new InsecureAddress(
    `${origin === 'null' ? protocol : origin} is not encrypted: your key, token or signature would be readable on the way. Use https:// (plain HTTP is for this machine only).`,
  );
};

const authorizing = ({ apiKey, token, sign }: ClientOptions): Authorize => {
  if (apiKey !== undefined) return async () => ({ 'x-api-key': apiKey });
  if (token !== undefined)
    return async () => ({ authorization: `Bearer ${typeof token === 'string' ? token : await token()}` });
  return sign === false ? async () => ({}) : signing(sign);
};
