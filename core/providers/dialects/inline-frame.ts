import type { Frame, VideoRequest } from '../provider.ts';

/** Length of these many bytes in base64. */
export const base64Length = (bytes: number): number => 4 * Math.ceil(bytes / 3);

export const base64Of = async (frame: Frame): Promise<string> =>
  Buffer.from(await frame.read()).toString('base64');

/** Every picture of a request. */
export const framesOf = ({ startFrame, lastFrame, referenceFrames = [] }: VideoRequest): Frame[] =>
  [startFrame, lastFrame, ...referenceFrames].filter((frame) => frame !== undefined);

/** What the texts of a request take in its body. 1,000: field names, model and the other parameters. */
export const textBytes = ({ prompt, negativePrompt, extra }: VideoRequest): number =>
  Buffer.byteLength(JSON.stringify({ prompt, negativePrompt, extra })) + 1_000;

/** What a request takes in a body that carries its frames as base64. */
export const inlineBytes = (request: VideoRequest): number =>
  framesOf(request).reduce((sum, { bytes }) => sum + base64Length(bytes), textBytes(request));

/** Bytes as a person reads them. */
export const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
