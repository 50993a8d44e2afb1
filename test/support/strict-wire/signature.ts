import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * AWS Signature Version 4, checked by the document and not by the SDK's own signer: what a signer does wrong, its own check
 * does wrong too. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export interface Signature {
  readonly accessKeyId: string;
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** When it was signed: `20261201T101112Z`. */
  readonly signedAt: string;
  /** Of a presigned address. */
  readonly expiresSeconds?: number;
}

/** What of a request is signed. */
export interface SignedParts {
  readonly method: string;
  readonly path: string;
  readonly query: ReadonlyArray<readonly [name: string, value: string]>;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export const signatureOf = (
  headers: SignedParts['headers'],
  query: SignedParts['query'],
): Signature | undefined => {
  const header = headers.get('authorization');
  return header?.startsWith('AWS4-HMAC-SHA256 ')
    ? fromHeader(header, headers.get('x-amz-date') ?? '')
    : fromQuery(query);
};

const fromHeader = (header: string, signedAt: string): Signature | undefined => {
  const part = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(header)?.[1] ?? '';
  return signature(part('Credential'), part('SignedHeaders'), part('Signature'), signedAt);
};

const fromQuery = (query: SignedParts['query']): Signature | undefined => {
  const part = (name: string) => query.find(([each]) => each === name)?.[1] ?? '';
  if (part('X-Amz-Signature') === '') return undefined;
  const found = signature(
    part('X-Amz-Credential'),
    part('X-Amz-SignedHeaders'),
    part('X-Amz-Signature'),
    part('X-Amz-Date'),
  );
  return found && { ...found, expiresSeconds: Number(part('X-Amz-Expires')) };
};

const signature = (
  credential: string,
  signedHeaders: string,
  value: string,
  signedAt: string,
): Signature | undefined => {
  const [accessKeyId, day, region, service, terminator] = credential.split('/');
  if (!accessKeyId || !day || !region || !service || terminator !== 'aws4_request') return undefined;
  return {
    accessKeyId,
    day,
    region,
    service,
    signedHeaders: signedHeaders.split(';'),
    signature: value,
    signedAt,
  };
};

/** Whether the secret made this signature of this request. */
export const isSignedWith = (request: SignedParts, signed: Signature, secret: string): boolean => {
  const expected = Buffer.from(signatureFor(request, signed, secret));
  const given = Buffer.from(signed.signature);
  return expected.byteLength === given.byteLength && timingSafeEqual(expected, given);
};

/** The signature that AWS computes of a request, whatever the request says. */
export const signatureFor = (request: SignedParts, signed: Signature, secret: string): string => {
  const scope = [signed.day, signed.region, signed.service, 'aws4_request'];
  const text = [
    'AWS4-HMAC-SHA256',
    signed.signedAt,
    scope.join('/'),
    sha256(canonicalRequest(request, signed)),
  ];
  const key = scope.reduce<Buffer>((before, part) => hmac(before, part), Buffer.from(`AWS4${secret}`));
  return hmac(key, text.join('\n')).toString('hex');
};

const canonicalRequest = (request: SignedParts, signed: Signature): string =>
  [
    request.method,
    canonicalPath(request.path, signed.service),
    request.query
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]) => [encode(name), encode(value)] as const)
      .sort(([a, x], [b, y]) => byBytes(a, b) || byBytes(x, y))
      .map(([name, value]) => `${name}=${value}`)
      .join('&'),
    ...signed.signedHeaders.map((name) => `${name}:${canonicalValue(request.headers.get(name) ?? '')}`),
    '',
    signed.signedHeaders.join(';'),
    payloadHash(request, signed),
  ].join('\n');

/** S3 takes the path as it is; the others encode it once more and take out what is relative. */
const canonicalPath = (path: string, service: string): string => {
  if (service === 's3')
    return path
      .split('/')
      .map((segment) => encode(decodeURIComponent(segment)))
      .join('/');
  return new URL(path, 'http://host').pathname.split('/').map(encode).join('/');
};

const canonicalValue = (value: string): string => value.trim().replaceAll(/ +/g, ' ');

const payloadHash = ({ headers, body }: SignedParts, { service, expiresSeconds }: Signature): string => {
  if (service === 's3' && expiresSeconds !== undefined) return 'UNSIGNED-PAYLOAD';
  return headers.get('x-amz-content-sha256') ?? sha256(body);
};

/** Everything but `A-Z a-z 0-9 - _ . ~`. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
