import { createHmac, timingSafeEqual } from 'node:crypto';

// Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec 1.0.0): what is signed is `id.timestamp.body`, by
// HMAC-SHA256, as `v1,<base64>`; several signatures stand side by side, with a space between, while a secret is changed.

const PREFIX = 'whsec_';

/** The specification wants keys of 24 to 64 bytes. */
const LEAST_KEY_BYTES = 24;

/** A message that is older, or as much in the future, counts as a replay. */
export const TOLERANCE_SECONDS = 300;

export interface WebhookMessage {
  readonly id: string;
  /** Unix time in seconds. */
  readonly timestamp: number;
  readonly body: string;
}

/** A key as both sides write it. */
export const writtenKey = (key: Uint8Array): string => `${PREFIX}${Buffer.from(key).toString('base64')}`;

/** The key of a `whsec_…`, with or without that; nothing where it is none. */
const keyOf = (written: string): Buffer | undefined => {
  const text = written.startsWith(PREFIX) ? written.slice(PREFIX.length) : written;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.byteLength >= LEAST_KEY_BYTES ? key : undefined;
};

/** The keys of a text that holds one or several, with spaces or lines between. */
export const keysOf = (text: string): Buffer[] =>
  text.split(/\s+/).flatMap((written) => {
    const key = keyOf(written);
    return key ? [key] : [];
  });

const signatureOf = ({ id, timestamp, body }: WebhookMessage, key: Uint8Array): Buffer =>
  createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();

/** The headers that let a receiver check who sent it, signed with every key. */
export const signedHeaders = (
  message: WebhookMessage,
  keys: readonly Uint8Array[],
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> => ({
  'webhook-id': message.id,
  'webhook-timestamp': String(message.timestamp),
  'webhook-signature': keys.map((key) => `v1,${signatureOf(message, key).toString('base64')}`).join(' '),
});

/**
 * The key with which a receiver checks signatures, derived from the stage's secret. One owner's key reveals nothing about another's,
 * so no owner can sign as the stage to another owner's receiver.
 * @param whose an owner; the stage itself without one
 */
export const derivedKey = (secret: string, whose?: string): Uint8Array =>
  createHmac('sha256', secret)
    .update(JSON.stringify(whose === undefined ? ['stage'] : ['owner', whose]))
    .digest();

/**
 * The message of a request that was signed with one of the keys, just now; nothing otherwise, and no reason: a forger learns
 * nothing.
 * @param headers names in lower case
 * @param now Unix time in seconds
 */
export const verifiedMessage = (
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
  keys: readonly Uint8Array[],
  now: number,
): WebhookMessage | undefined => {
  const id = headers['webhook-id'] ?? '';
  const written = headers['webhook-timestamp'] ?? '';
  if (id === '' || id.length > MOST_ID_CHARACTERS || !UNIX_TIME.test(written)) return undefined;
  const message = { id, timestamp: Number(written), body };
  if (Math.abs(now - message.timestamp) > TOLERANCE_SECONDS) return undefined;
  const signatures = (headers['webhook-signature'] ?? '').slice(0, 4096).split(' ').flatMap(ofFirstVersion);
  const isSigned = keys
    .map((key) => signatureOf(message, key))
    .some((expected) => signatures.some((signature) => isSame(signature, expected)));
  return isSigned ? message : undefined;
};

const MOST_ID_CHARACTERS = 256;
// In one way of writing only: the number is signed as text.
const UNIX_TIME = /^[1-9]\d{0,11}$/;

const ofFirstVersion = (versioned: string): Buffer[] => {
  const [version, signature = ''] = versioned.split(',');
  return version === 'v1' ? [Buffer.from(signature, 'base64')] : [];
};

const isSame = (one: Buffer, other: Buffer): boolean =>
  one.byteLength === other.byteLength && timingSafeEqual(one, other);
