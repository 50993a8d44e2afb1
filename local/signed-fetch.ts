import { signing } from '../client/sign.ts';
import type { CloudAccess } from './cloud-access.ts';

export interface SignedRequest {
  readonly method: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly redirect?: 'follow' | 'manual';
}

/** A request to the HTTP API as it was meant, whatever its answer: signed as an IAM caller's client does it. */
export const signedFetch = async (
  { region, credentials }: CloudAccess,
  url: URL,
  { method, body, headers = {}, redirect = 'follow' }: SignedRequest,
): Promise<Response> => {
  if (!credentials) throw new Error('The cloud has no credentials of its own.');
  const content = body === undefined ? {} : { body };
  const said = { 'content-type': 'application/json', ...headers };
  const signed = await signing({ region, credentials })({ method, url, headers: said, ...content });
  return fetch(url, { method, headers: signed, redirect, ...content });
};
