import { ownOriginsOf } from '../addresses.ts';
import { base64Length, base64Of, inlineBytes, megabytes, notSendable } from './inline-frame.ts';
import { multipartOf } from './multipart.ts';
import { OpenAiVideoOptions } from './options.ts';
import type { Dialect, Frame, VideoRequest } from './provider.ts';
import { type Ask, askJson, type CallRules } from './request.ts';
import { errorInVideoAnswer, statusOfVideo, taskIdIn } from './video-task.ts';

/** Seed 004: "POST body limit 20MB". A form above it was seen to lose its picture without a word, and to be charged. */
const MAX_BODY_BYTES = 20_000_000;
/** Seed 004, for a picture that the gateway fetches. */
const MAX_FILE_BYTES = 50_000_000;
/** A video can come inside the answer, as a data URL. */
const MAX_ANSWER_BYTES = 25 * 1024 * 1024;

/** Codes of certain refusals, as relays were seen to say them (21 Nov 2026); an unknown model comes as a 503. */
const REFUSALS: CallRules['refusals'] = {
  model_not_found: 'ModelRetired',
  insufficient_user_quota: 'ProviderBalanceTooLow',
  pre_consume_token_quota_failed: 'ProviderBalanceTooLow',
  insufficient_quota: 'ProviderQuotaExhausted',
  billing_hard_limit_reached: 'ProviderQuotaExhausted',
  invalid_api_key: 'ProviderUnauthorized',
  content_policy_violation: 'ProviderFilteredRequest',
  moderation_blocked: 'ProviderFilteredRequest',
};

/**
 * `POST {base}/v1/video/generations` with JSON, or `POST {base}/v1/videos` with a form; asked for below the same path. Source:
 * seed 004, and new-api and LiteLLM as they were run and asked.
 */
export const openAiVideo: Dialect = (context) => {
  const { settings } = context;
  const options = OpenAiVideoOptions.parse(settings.options);
  const pollBase = settings.pollBaseUrl ?? settings.submitBaseUrl;
  const pollPath = options.pollPath ?? (options.submitForm === 'json' ? 'generations' : 'videos');
  const videosUrl = (id: string) => `${pollBase}/v1/videos/${encodeURIComponent(id)}`;
  // A relay's own API under its own address; a file there may be signed, and a storage refuses a key beside a signature.
  const needsKey = (address: string) => {
    const { origin, pathname } = new URL(address);
    return ownOriginsOf(settings).includes(origin) && /\/v1\/videos?\//.test(pathname);
  };
  const rules: CallRules = {
    authorize: (key) => ({ authorization: `Bearer ${key}` }),
    refusals: REFUSALS,
    errorIn: errorInVideoAnswer,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  };

  return {
    async submit(request) {
      checkExpressible(request);
      checkFits(request, options);
      const answer = await askJson(context, rules, {
        purpose: 'submit',
        method: 'POST',
        echoes: [request.prompt],
        ...(options.submitForm === 'json'
          ? { url: `${settings.submitBaseUrl}/v1/video/generations`, ...(await jsonOf(request, options)) }
          : { url: `${settings.submitBaseUrl}/v1/videos`, content: await formOf(request, options) }),
      });
      // Only this answer's: a relay's later answers name another task, which cannot be asked for.
      const id = taskIdIn(answer.json);
      if (id === undefined) throw answer.unreadable('without an id to ask for the video by');
      return { id };
    },

    async check({ id }) {
      const byGenerations = `${pollBase}/v1/video/generations/${encodeURIComponent(id)}`;
      const url = pollPath === 'generations' ? byGenerations : videosUrl(id);
      const answer = await askJson(context, rules, { purpose: 'check', method: 'GET', url });
      return statusOfVideo(answer, {
        needsKey,
        contentUrl: `${videosUrl(id)}/content`,
      });
    },

    async downloadHeaders(again) {
      return rules.authorize(await context.key(again));
    },
  };
};

const jsonOf = async (
  request: VideoRequest,
  options: OpenAiVideoOptions,
): Promise<Pick<Ask, 'body' | 'secrets'>> => {
  const image = await imageOf(request.startFrame, options);
  const { durationField, durationType = durationField === 'seconds' ? 'string' : 'number' } = options;
  const { durationSeconds } = request;
  return {
    body: {
      ...fieldsOf(request, options),
      images: [image],
      [durationField]: durationType === 'string' ? String(durationSeconds) : durationSeconds,
    },
    secrets: options.imageEncoding === 'url' ? [image] : [],
  };
};

const formOf = async (
  request: VideoRequest,
  options: OpenAiVideoOptions,
): Promise<NonNullable<Ask['content']>> => {
  const { mimeType } = request.startFrame;
  const picture = {
    fileName: `start-frame.${mimeType.replace('image/', '').replace('jpeg', 'jpg')}`,
    type: mimeType,
    bytes: await request.startFrame.read(),
  };
  const fields = { ...fieldsOf(request, options), [options.durationField]: String(request.durationSeconds) };
  return multipartOf(fields, { input_reference: picture });
};

const fieldsOf = (request: VideoRequest, { sizeStyle }: OpenAiVideoOptions) => ({
  model: request.model,
  prompt: request.prompt,
  // Beside the size: the seed requires it, and relays that ignore it go by the pixels.
  aspect_ratio: request.aspectRatio,
  size: sizeStyle === 'pixels' ? pixelsOf(request) : request.resolution,
});

const LONG_AND_SHORT: Readonly<Record<string, readonly [number, number]>> = {
  '720p': [1280, 720],
  '1080p': [1920, 1080],
  '4k': [3840, 2160],
};

const pixelsOf = ({ aspectRatio, resolution }: VideoRequest): string => {
  const [long, short] = LONG_AND_SHORT[resolution] ?? [];
  if (long === undefined) throw notSendable(`resolution ${resolution} cannot be written in pixels`);
  return aspectRatio === '9:16' ? `${short}x${long}` : `${long}x${short}`;
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

const checkExpressible = (request: VideoRequest): void => {
  for (const field of ['lastFrame', 'enhancePrompt', 'enableUpsample'] as const)
    if (request[field] !== undefined)
      throw notSendable(`${field} cannot be used: openai-video has no such parameter`);
};

/** A picture that is too large is dropped by relays without a word, and a video without it is charged. */
const checkFits = ({ prompt, startFrame }: VideoRequest, options: OpenAiVideoOptions): void => {
  const { bytes } = startFrame;
  const picture = `The start frame has ${megabytes(bytes)}`;
  const limit = megabytes(MAX_BODY_BYTES);
  if (options.submitForm === 'json' && options.imageEncoding === 'url') {
    if (bytes > MAX_FILE_BYTES)
      throw notSendable(`${picture}; openai-video takes pictures of ${megabytes(MAX_FILE_BYTES)}`);
  } else if (options.submitForm === 'json') {
    if (inlineBytes(prompt, [startFrame]) > MAX_BODY_BYTES)
      throw notSendable(
        `${picture}, ${megabytes(base64Length(bytes))} as base64; openai-video takes requests of ${limit}, which hold about 14.9 MB of picture`,
      );
  } else if (bytes + inlineBytes(prompt, []) > MAX_BODY_BYTES) {
    throw notSendable(`${picture}; openai-video takes requests of ${limit}, picture and fields together`);
  }
};
