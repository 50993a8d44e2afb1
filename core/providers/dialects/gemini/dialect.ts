import { ownOriginsOf } from '../../address-policy.ts';
import { assertSupported, type DialectCapabilities, echoesOf, unsupported } from '../../capabilities.ts';
import { GeminiOptions } from '../../dialect-options.ts';
import { askJson, type CallRules } from '../../http/request.ts';
import type { Dialect, Frame, VideoRequest } from '../../provider.ts';
import { base64Of, framesOf, inlineBytes, megabytes } from '../inline-frame.ts';
import { geminiModels } from './models.ts';
import { errorInOperationAnswer, operationIn, statusOfOperation } from './operation.ts';

/** Google takes request bodies of 20 MB: about 14.9 MB of picture once it is base64 (the project's notes on providers). */
const MAX_BODY_BYTES = 20_000_000;
/** A video can come inside the answer, as base64. */
const MAX_ANSWER_BYTES = 25 * 1024 * 1024;
/** The length that seed 002 makes by default. */
const DEFAULT_RESOLUTION = '720p';

const WORDS: DialectCapabilities = {
  dialect: 'gemini',
  scenes: ['text-to-video', 'image-to-video', 'first-and-last-frame', 'reference-to-video', 'video-to-video'],
  takes: ['enhancePrompt', 'negativePrompt', 'personGeneration', 'videoCount'],
  maxReferenceFrames: 3,
  // Of `parameters`, where `extra` goes.
  ownFields: [
    'aspectRatio',
    'resolution',
    'durationSeconds',
    'personGeneration',
    'enhancePrompt',
    'negativePrompt',
    'sampleCount',
  ],
};

/** Codes of certain refusals: Google's ErrorInfo reasons for keys, and those of the relay software in front of it. */
const REFUSALS: CallRules['refusals'] = {
  api_key_invalid: 'ProviderUnauthorized',
  api_key_service_blocked: 'ProviderUnauthorized',
  model_not_found: 'ModelRetired',
  insufficient_user_quota: 'ProviderBalanceTooLow',
  pre_consume_token_quota_failed: 'ProviderBalanceTooLow',
  invalid_api_key: 'ProviderUnauthorized',
};

const assertSendable = (request: VideoRequest): void => {
  assertSupported(request, WORDS);
  if (inlineBytes(request) <= MAX_BODY_BYTES) return;
  const pictures = framesOf(request).reduce((sum, { bytes }) => sum + bytes, 0);
  throw unsupported(
    `The frames have ${megabytes(pictures)}; gemini takes them inside a request of ${megabytes(MAX_BODY_BYTES)}, which holds about 14.9 MB of pictures`,
  );
};

/**
 * `POST {base}/v1beta/models/{model}:predictLongRunning`, polled at `GET {base}/v1beta/{operation name}`. Source: seeds 002
 * and 003, and Google's own API, which this is; the frames travel inside the request.
 */
const connect: Dialect['connect'] = (context) => {
  const { settings } = context;
  const { durationType } = GeminiOptions.parse(settings.options);
  const pollBase = settings.pollBaseUrl ?? settings.submitBaseUrl;
  const isOwn = (url: string) => ownOriginsOf(settings).includes(new URL(url).origin);
  const rules: CallRules = {
    authorize: (key) => ({ 'x-goog-api-key': key }),
    refusals: REFUSALS,
    errorIn: errorInOperationAnswer,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  };

  return {
    assertSendable,

    async submit(request) {
      assertSendable(request);
      const video = request.video && { uri: await request.video.url() };
      const answer = await askJson(context, rules, {
        purpose: 'submit',
        method: 'POST',
        url: `${settings.submitBaseUrl}/v1beta/models/${segment(request.model)}:predictLongRunning`,
        body: {
          instances: [{ prompt: request.prompt, ...(await framesIn(request)), ...(video && { video }) }],
          parameters: { ...request.extra, ...parametersOf(request, durationType) },
        },
        secrets: video ? [video.uri] : [],
        echoes: echoesOf(request),
      });
      // Kept as it is: it can name another model than the requested one (seed 003).
      const name = operationIn(answer.json)?.name?.trim();
      if (!name || !isPath(name)) throw answer.unreadable('without the name of an operation to ask for');
      return { id: name };
    },

    async check(task) {
      const path = task.id.split('/').filter((part) => part !== '');
      const url = `${pollBase}/v1beta/${path.map(segment).join('/')}`;
      return statusOfOperation(
        await askJson(context, rules, { purpose: 'check', method: 'GET', url }),
        isOwn,
      );
    },

    async downloadHeaders(options) {
      return rules.authorize(await context.key(options));
    },
  };
};

export const gemini: Dialect = {
  options: GeminiOptions,
  models: geminiModels,
  ownFields: WORDS.ownFields,
  // Gemini API, "Rate limits": "requests per day quotas reset at midnight Pacific time".
  quotaTimeZone: 'America/Los_Angeles',
  connect,
};

const framesIn = async ({ startFrame, lastFrame, referenceFrames = [] }: VideoRequest) => ({
  ...(startFrame && { image: await imageOf(startFrame) }),
  ...(lastFrame && { lastFrame: await imageOf(lastFrame) }),
  ...(referenceFrames.length > 0 && {
    referenceImages: await Promise.all(
      referenceFrames.map(async (frame) => ({ image: await imageOf(frame), referenceType: 'asset' })),
    ),
  }),
});

/**
 * Aspect ratio and length always, whatever the scene: the seeds disagree on their defaults, and seed 002 lists both for a
 * continued video. The rest only when it says something: several fields are refused by some models for being there at all.
 */
const parametersOf = (request: VideoRequest, durationType: 'number' | 'string') => ({
  aspectRatio: request.aspectRatio,
  durationSeconds: durationType === 'string' ? String(request.durationSeconds) : request.durationSeconds,
  ...(request.resolution !== DEFAULT_RESOLUTION && { resolution: request.resolution }),
  ...(request.personGeneration !== undefined && { personGeneration: request.personGeneration }),
  ...(request.enhancePrompt !== undefined && { enhancePrompt: request.enhancePrompt }),
  ...(request.negativePrompt !== undefined && { negativePrompt: request.negativePrompt }),
  ...(request.videoCount !== undefined && { sampleCount: request.videoCount }),
});

const imageOf = async (frame: Frame) => ({
  mimeType: frame.mimeType,
  bytesBase64Encoded: await base64Of(frame),
});

const segment = (text: string): string => encodeURIComponent(text.toWellFormed());

/** `.` and `..` cannot be written into a path, in no encoding. */
const isPath = (name: string): boolean => {
  const parts = name.split('/').filter((part) => part !== '');
  return parts.length > 0 && !parts.some((part) => part === '.' || part === '..');
};
