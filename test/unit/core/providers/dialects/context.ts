import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import * as z from 'zod';
import { ProviderError } from '../../../../../core/kernel/errors.ts';
import type { Frame, HttpAnswer, HttpRequest, VideoRequest } from '../../../../../core/providers/provider.ts';
import { type ConnectionContext, providerOf } from '../../../../../core/providers/registry.ts';
import { ProviderSettings } from '../../../../../core/settings.ts';

export const KEY = 'sk-canary-0123456789abcdef';
export const FRAME_URL =
  'https://frames.s3.eu-central-1.amazonaws.com/in/a.png?versionId=3&X-Amz-Credential=ASIACANARY%2F20261121&X-Amz-Security-Token=IQoJcanary%2F%2B%3D&X-Amz-Signature=ca9a7700ca9a7700';
/** What must stand in no error, whole or in part. */
export const SECRETS = [KEY, 'canary-0123456789', 'ASIACANARY', 'IQoJcanary', 'ca9a7700ca9a7700'];

export type Reply = Partial<Omit<HttpAnswer, 'body'>> & { readonly body?: unknown };

export interface Fake {
  readonly context: ConnectionContext;
  readonly sent: HttpRequest[];
}

const bytesOf = (body: unknown): Uint8Array => {
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body ?? ''));
};

/** A provider that gives these answers in turn, the last one for ever; an Error is thrown. */
export const fakeProvider = (
  replies: Reply | Error | readonly (Reply | Error)[],
  { keys = [KEY], ...settings }: Partial<ProviderSettings> & { keys?: readonly string[] } = {},
): Fake => {
  const queue = [replies].flat();
  const sent: HttpRequest[] = [];
  const keyQueue = [...keys];
  let key = keyQueue.shift() ?? KEY;
  return {
    sent,
    context: {
      settings: ProviderSettings.parse({
        dialect: 'gptproto',
        submitBaseUrl: 'https://gptproto.com',
        models: ['veo3-fast'],
        ...settings,
      }),
      send: async (request) => {
        sent.push(request);
        const reply = queue[Math.min(sent.length, queue.length) - 1] ?? {};
        if (reply instanceof Error) throw reply;
        const { status = 200, headers = {}, body } = reply;
        return { status, headers, body: bytesOf(body) };
      },
      key: async (options) => {
        if (options?.fresh) key = keyQueue.shift() ?? key;
        return key;
      },
    },
  };
};

/** Recorded answers of a dialect's gateways: `test/fixtures/<dialect>/<name>.json`. */
export const fixturesOf =
  (dialect: string) =>
  (name: string): Record<string, unknown> =>
    z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(readFileSync(`test/fixtures/${dialect}/${name}.json`, 'utf8')));

/** A provider with these settings that gives these answers, and what was sent to it. */
export const providerWith =
  (settings: Partial<ProviderSettings>) =>
  (reply: Reply | readonly Reply[], changes: Partial<ProviderSettings> = {}) => {
    const { context, sent } = fakeProvider(reply, { ...settings, ...changes });
    return { ...providerOf(context), sent };
  };

/** A frame that can be found again in what was sent: as its address, its bytes or their base64. */
export const markedFrame = (name: string): Frame => ({
  mimeType: 'image/png',
  bytes: pixelsOf(name).byteLength,
  url: async () => frameUrl(name),
  read: async () => pixelsOf(name),
});
export const frameUrl = (name: string): string => `https://frames/${name}`;
const pixelsOf = (name: string): Buffer => Buffer.from(`pixels of ${name}`);

/** Whether the body of a request holds what a marked frame is. */
export const carries = (sent: HttpRequest | undefined, name: string): boolean => {
  const body = Buffer.from(sent?.body ?? '');
  return [frameUrl(name), pixelsOf(name), pixelsOf(name).toString('base64')].some((form) =>
    body.includes(form),
  );
};

export const frame = (url = FRAME_URL): Frame => ({
  mimeType: 'image/png',
  bytes: 3,
  url: async () => url,
  read: async () => new Uint8Array(3),
});

/** A video of a text. */
export const textRequest = (changes: Partial<VideoRequest> = {}): VideoRequest => ({
  model: 'veo3-fast',
  prompt: 'A slow walk',
  aspectRatio: '16:9',
  resolution: '720p',
  durationSeconds: 8,
  ...changes,
});

export const videoRequest = (changes: Partial<VideoRequest> = {}): VideoRequest =>
  textRequest({ startFrame: frame(), ...changes });

/** The error of a call; anything but a `ProviderError` fails the test, and so does a secret anywhere in it. */
export const providerErrorOf = async (promise: Promise<unknown>): Promise<ProviderError> => {
  const error = await promise.then(
    (value: unknown) => {
      throw new Error(`expected an error, got ${JSON.stringify(value)}`);
    },
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProviderError)) throw error;
  expectNoSecret(error);
  return error;
};

export const expectNoSecret = (error: unknown): void => {
  const shown = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error) ?? ''];
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    shown.push(cause.message, cause.stack ?? '', String(cause), JSON.stringify(cause));
  for (const secret of SECRETS) for (const text of shown) expect(text).not.toContain(secret);
};
