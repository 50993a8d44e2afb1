import { ProviderError } from '../kernel/errors.ts';
import type { OptionalParameter } from './model.ts';
import type { VideoRequest } from './provider.ts';
import { type Scene, sceneOf } from './scenes.ts';

/** What a dialect can express. */
export interface DialectCapabilities {
  readonly dialect: string;
  readonly scenes: readonly Scene[];
  readonly takes: readonly OptionalParameter[];
  readonly maxReferenceFrames: number;
  /** The names that it writes itself where `extra` goes. */
  readonly ownFields: readonly string[];
}

/** The error of a request that this provider cannot express. Thrown before anything is sent, so it costs nothing. */
export const unsupported = (message: string): ProviderError =>
  new ProviderError('ProviderRejected', message, { retryable: false, charged: 'no' });

/** Throws if the dialect cannot express part of the request: no part is ever left out silently. */
export const assertSupported = (request: VideoRequest, words: DialectCapabilities): void => {
  const problem =
    problemOfFrames(request, words) ?? problemOfParameters(request, words) ?? problemOfExtra(request, words);
  if (problem !== undefined) throw unsupported(problem);
};

const problemOfFrames = (request: VideoRequest, words: DialectCapabilities): string | undefined => {
  const { startFrame, lastFrame, referenceFrames = [], video } = request;
  if (lastFrame && !startFrame) return 'a last frame needs a start frame';
  if (referenceFrames.length > 0 && (startFrame || video))
    return 'reference frames go with no other frame and no video';
  if (video && startFrame) return 'a video to continue goes with no frame';
  const scene = sceneOf(request);
  if (!words.scenes.includes(scene)) return `${words.dialect} has no ${scene}`;
  if (referenceFrames.length > words.maxReferenceFrames)
    return `${words.dialect} takes ${words.maxReferenceFrames} reference frames, not ${referenceFrames.length}`;
  return undefined;
};

const OPTIONAL = ['enhancePrompt', 'enableUpsample', 'negativePrompt', 'personGeneration'] as const;

const problemOfParameters = (
  request: VideoRequest,
  { dialect, takes }: DialectCapabilities,
): string | undefined => {
  const field = OPTIONAL.find((name) => request[name] !== undefined && !takes.includes(name));
  if (field !== undefined) return `${field} cannot be used: ${dialect} has no such parameter`;
  const { videoCount = 1 } = request;
  if (videoCount !== 1 && !takes.includes('videoCount'))
    return `${dialect} makes one video at a time, not ${videoCount}`;
  return undefined;
};

const problemOfExtra = (
  { extra = {} }: VideoRequest,
  { dialect, ownFields }: DialectCapabilities,
): string | undefined => {
  const name = Object.keys(extra).find((given) => isOwnField(given, ownFields));
  return name === undefined ? undefined : `extra ${name} cannot be used: ${dialect} writes it itself`;
};

/** In any spelling: relays read JSON in any case, Google's takes `aspect_ratio` for `aspectRatio`. */
export const isOwnField = (name: string, ownFields: readonly string[]): boolean =>
  ownFields.some((field) => normalizeName(field) === normalizeName(name));

const normalizeName = (name: string): string => name.toLowerCase().replaceAll(/[-_\s]/g, '');

/** A shorter text is an ordinary word; removing it would leave an unreadable error. */
const SHORTEST_ECHO = 8;

/** Texts of the request that a provider may quote in an error: they decide nothing about it. */
export const echoesOf = ({ prompt, negativePrompt = '', extra = {} }: VideoRequest): string[] => [
  prompt,
  negativePrompt,
  ...Object.values(extra).filter(
    (value): value is string => typeof value === 'string' && value.length >= SHORTEST_ECHO,
  ),
];
