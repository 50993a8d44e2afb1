import { ProviderError } from '../errors.ts';
import type { Frame } from './provider.ts';

/** Length of these many bytes in base64. */
export const base64Length = (bytes: number): number => 4 * Math.ceil(bytes / 3);

export const base64Of = async (frame: Frame): Promise<string> =>
  Buffer.from(await frame.read()).toString('base64');

/** What the frames and the prompt of a request take in its body, when frames are carried inside it as base64. */
export const inlineBytes = (prompt: string, frames: readonly (Frame | undefined)[]): number =>
  frames.reduce(
    (sum, frame) => sum + base64Length(frame?.bytes ?? 0),
    // 1,000: field names, model and the other parameters.
    Buffer.byteLength(JSON.stringify(prompt)) + 1_000,
  );

/** A request that this provider cannot be given. Said before anything is sent, so it costs nothing. */
export const notSendable = (message: string): ProviderError =>
  new ProviderError('ProviderRejected', message, { retryable: false, charged: 'no' });

/** Bytes as a person reads them. */
export const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
