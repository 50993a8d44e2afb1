import { unsupported } from '../../capabilities.ts';
import type { OpenAiVideoOptions } from '../../dialect-options.ts';
import { type FormFile, multipartOf } from '../../http/multipart.ts';
import type { Ask } from '../../http/request.ts';
import type { Extra, Frame, VideoRequest } from '../../provider.ts';
import { base64Length, base64Of, inlineBytes, megabytes, textBytes } from '../inline-frame.ts';

// A submit to an OpenAI-like video API, as JSON or as a form. Source: seed 004, and relays as they were run and tried.

/** Seed 004: "POST body limit 20MB". A form above it was seen to lose its picture silently, and to be charged. */
const MAX_BODY_BYTES = 20_000_000;
/** Seed 004, for a picture that the gateway fetches. */
const MAX_FILE_BYTES = 50_000_000;

/**
 * Throws, free, for a size without pixels, and for a picture that is too large: relays drop one silently, and charge for a
 * video without it.
 */
export const assertWritable = (request: VideoRequest, options: OpenAiVideoOptions): void => {
  sizeOf(request, options);
  const bytes = request.startFrame?.bytes ?? 0;
  const picture = `The start frame has ${megabytes(bytes)}`;
  const limit = megabytes(MAX_BODY_BYTES);
  if (options.submitForm === 'json' && options.imageEncoding === 'url') {
    if (bytes > MAX_FILE_BYTES)
      throw unsupported(`${picture}; openai-video takes pictures of ${megabytes(MAX_FILE_BYTES)}`);
  } else if (options.submitForm === 'json') {
    if (inlineBytes(request) > MAX_BODY_BYTES)
      throw unsupported(
        `${picture}, ${megabytes(base64Length(bytes))} as base64; openai-video takes requests of ${limit}, which hold about 14.9 MB of picture`,
      );
  } else if (bytes + textBytes(request) > MAX_BODY_BYTES) {
    throw unsupported(`${picture}; openai-video takes requests of ${limit}, picture and fields together`);
  }
};

export const jsonOf = async (
  request: VideoRequest,
  options: OpenAiVideoOptions,
): Promise<Pick<Ask, 'body' | 'secrets'>> => {
  const images = request.startFrame && [await imageOf(request.startFrame, options)];
  const { durationField, durationType = durationField === 'seconds' ? 'string' : 'number' } = options;
  const { durationSeconds } = request;
  return {
    body: {
      ...request.extra,
      ...fieldsOf(request, options),
      ...(images && { images }),
      [durationField]: durationType === 'string' ? String(durationSeconds) : durationSeconds,
    },
    secrets: options.imageEncoding === 'url' ? (images ?? []) : [],
  };
};

export const formOf = async (
  request: VideoRequest,
  options: OpenAiVideoOptions,
): Promise<NonNullable<Ask['content']>> => {
  const { startFrame, extra = {}, durationSeconds } = request;
  const fields = {
    ...textsOf(extra),
    ...fieldsOf(request, options),
    [options.durationField]: String(durationSeconds),
  };
  return multipartOf(fields, startFrame ? { input_reference: await fileOf(startFrame) } : {});
};

const textsOf = (extra: Extra): Record<string, string> =>
  Object.fromEntries(Object.entries(extra).map(([name, value]) => [name, String(value)]));

const fileOf = async (frame: Frame): Promise<FormFile> => ({
  fileName: `start-frame.${frame.mimeType.replace('image/', '').replace('jpeg', 'jpg')}`,
  type: frame.mimeType,
  bytes: await frame.read(),
});

const fieldsOf = (request: VideoRequest, options: OpenAiVideoOptions) => ({
  model: request.model,
  prompt: request.prompt,
  // Beside the size: the seed requires it, and relays that ignore it go by the pixels.
  aspect_ratio: request.aspectRatio,
  size: sizeOf(request, options),
});

const LONG_AND_SHORT: Readonly<Record<string, readonly [number, number]>> = {
  '720p': [1280, 720],
  '1080p': [1920, 1080],
  '4k': [3840, 2160],
};

const sizeOf = ({ aspectRatio, resolution }: VideoRequest, { sizeStyle }: OpenAiVideoOptions): string => {
  if (sizeStyle === 'name') return resolution;
  const [long, short] = LONG_AND_SHORT[resolution] ?? [];
  if (aspectRatio === '16:9' && long !== undefined) return `${long}x${short}`;
  if (aspectRatio === '9:16' && long !== undefined) return `${short}x${long}`;
  throw unsupported(`${resolution} at ${aspectRatio} cannot be written in pixels`);
};

const imageOf = async (frame: Frame, { imageEncoding }: OpenAiVideoOptions): Promise<string> => {
  switch (imageEncoding) {
    case 'url':
      return frame.url();
    case 'base64':
      return base64Of(frame);
    case 'data-uri':
      return `data:${frame.mimeType};base64,${await base64Of(frame)}`;
  }
};
