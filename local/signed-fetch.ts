import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { CloudAccess } from './cloud-access.ts';

type Secret = string | ArrayBuffer | ArrayBufferView;
const bytesOf = (data: Secret): Buffer =>
  typeof data === 'string'
    ? Buffer.from(data)
    : ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      : Buffer.from(data);

/** SHA-256, or its HMAC, as the signer wants it. */
class Sha256 {
  private readonly hash;

  constructor(secret?: Secret) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: Secret): void {
    this.hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }

  reset(): void {
    throw new Error('Not used by the signer.');
  }
}

export interface SignedRequest {
  readonly method: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly redirect?: 'follow' | 'manual';
}

/** A request to the HTTP API, signed as an IAM caller's client does it. */
export const signedFetch = async (
  { region, credentials }: CloudAccess,
  url: URL,
  { method, body, headers = {}, redirect = 'follow' }: SignedRequest,
): Promise<Response> => {
  if (!credentials) throw new Error('The cloud has no credentials of its own.');
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  const content = body === undefined ? {} : { body };
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, 'content-type': 'application/json', ...headers },
    ...content,
  });
  return fetch(url, { method, headers: signed.headers, redirect, ...content });
};
