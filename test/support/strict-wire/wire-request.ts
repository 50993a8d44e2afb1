import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { type Signature, signatureOf } from './signature.ts';

/** A request to AWS, as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly path: string;
  /** Decoded, in the order in which they were sent. */
  readonly query: ReadonlyArray<readonly [name: string, value: string]>;
  /** Names in lower case; values that were sent several times joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Undefined: unsigned, as the upload of a form is. */
  readonly signature: Signature | undefined;
  /** By the signature's scope: `s3`, `dynamodb`, `states`. */
  readonly service: string;
  /** `PutItem`; of S3 as its API reference names it. */
  readonly operation: string;
  /** The fields of a JSON request. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The fields of a form request (STS). */
  readonly form: URLSearchParams;
  readonly memory: WireMemory;
}

/** What some rules have to know of earlier requests. */
export interface WireMemory {
  /** Secrets of access keys. A signature with another key is not checked: the cloud behind knows it. */
  readonly secrets: Map<string, string>;
  /** Bytes of the parts of multipart uploads: upload id → part number → bytes. */
  readonly parts: Map<string, Map<number, number>>;
}

export const newMemory = (secrets: Readonly<Record<string, string>>): WireMemory => ({
  secrets: new Map(Object.entries(secrets)),
  parts: new Map(),
});

const Fields = z.record(z.string(), z.unknown());

export const readRequest = (message: IncomingMessage, body: Buffer, memory: WireMemory): WireRequest => {
  const { method = 'GET', url: target = '/' } = message;
  const [path = '/', queryText = ''] = splitOnce(target, '?');
  const query = queryOf(queryText);
  const headers = headersOf(message.rawHeaders);
  const signature = signatureOf(headers, query);
  const service = signature?.service ?? '';
  const form =
    headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true
      ? new URLSearchParams(body.toString())
      : new URLSearchParams();
  const operation =
    headers.get('x-amz-target')?.split('.').at(-1) ??
    form.get('Action') ??
    (service === 's3' ? s3Operation(method, path, query, headers) : '');
  const isJson = headers.get('content-type')?.startsWith('application/x-amz-json') === true;
  return {
    method,
    target,
    path,
    query,
    headers,
    body,
    signature,
    service,
    operation,
    input: isJson ? fieldsOf(body) : {},
    form,
    memory,
  };
};

const fieldsOf = (body: Buffer): Readonly<Record<string, unknown>> => {
  try {
    return Fields.catch({}).parse(JSON.parse(body.toString() || '{}'));
  } catch {
    return {};
  }
};

const splitOnce = (text: string, separator: string): string[] => {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};

const queryOf = (text: string): [string, string][] =>
  text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', value = ''] = splitOnce(pair, '=');
      return [decode(name), decode(value)];
    });

/** A plus stays a plus: a signature's query is no form. */
export const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const headersOf = (raw: readonly string[]): Map<string, string> => {
  const headers = new Map<string, string>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
};

export const queryValue = ({ query }: WireRequest, name: string): string | undefined =>
  query.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];

/** The bucket and the key of an S3 request: `/bucket/key`, as the SDK calls an address without a name. */
export const bucketAndKey = (path: string): readonly [bucket: string, key: string] => {
  const [bucket = '', key = ''] = splitOnce(path.replace(/^\//, ''), '/');
  return [decode(bucket), decode(key)];
};

const s3Operation = (
  method: string,
  path: string,
  query: WireRequest['query'],
  headers: WireRequest['headers'],
): string => {
  const has = (name: string) => query.some(([each]) => each === name);
  const isObject = bucketAndKey(path)[1] !== '';
  if (method === 'PUT' && has('partNumber')) return 'UploadPart';
  if (method === 'PUT' && headers.has('x-amz-copy-source')) return 'CopyObject';
  if (method === 'PUT' && isObject && query.every(([name]) => name.startsWith('x-'))) return 'PutObject';
  if (method === 'PUT' && !isObject && query.length === 0) return 'CreateBucket';
  if (method === 'POST' && has('delete')) return 'DeleteObjects';
  if (method === 'POST' && has('uploads')) return 'CreateMultipartUpload';
  if (method === 'POST' && has('uploadId')) return 'CompleteMultipartUpload';
  return `${method} ${isObject ? 'object' : 'bucket'}`;
};
