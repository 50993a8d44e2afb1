import { signing } from '../client/sign.ts';
import type { CloudAccess } from './cloud-access.ts';

export interface SignedRequest {
  readonly method: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly redirect?: 'follow' | 'manual';
}

/** Sends a request to the HTTP API with an IAM caller's signature. Answers whatever comes, without retries. */
export const signedFetch = async (
  { region, credentials }: CloudAccess,
  url: URL,
  { method, body, headers = {}, redirect = 'follow' }: SignedRequest,
): Promise<Response> => {
  if (!credentials) throw new Error('This cloud has no credentials of its own.');
  const content = body === undefined ? {} : { body };
  const named = { 'content-type': 'application/json', ...headers };
  const signed = await signing({ region, credentials })({ method, url, headers: named, ...content });
  return fetch(url, { method, headers: signed, redirect, ...content });
};
