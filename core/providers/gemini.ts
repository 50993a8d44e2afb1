import { ownOriginsOf } from '../addresses.ts';
import { base64Of, inlineBytes, megabytes, notSendable } from './inline-frame.ts';
import { errorInOperationAnswer, operationIn, statusOfOperation } from './operation.ts';
import { GeminiOptions } from './options.ts';
import type { Dialect, Frame, VideoRequest } from './provider.ts';
import { askJson, type CallRules } from './request.ts';

/** Google takes request bodies of 20 MB: about 14.9 MB of picture once it is base64 (the project's notes on providers). */
const MAX_BODY_BYTES = 20_000_000;
/** A video can come inside the answer, as base64. */
const MAX_ANSWER_BYTES = 25 * 1024 * 1024;
/** What seed 002 makes when nothing is said. */
const DEFAULT_RESOLUTION = '720p';

/** Codes of certain refusals: Google's ErrorInfo reasons for keys, and those of the relay software in front of it. */
const REFUSALS: CallRules['refusals'] = {
  api_key_invalid: 'ProviderUnauthorized',
  api_key_service_blocked: 'ProviderUnauthorized',
  model_not_found: 'ModelRetired',
  insufficient_user_quota: 'ProviderBalanceTooLow',
  pre_consume_token_quota_failed: 'ProviderBalanceTooLow',
  invalid_api_key: 'ProviderUnauthorized',
};

/**
 * `POST {base}/v1beta/models/{model}:predictLongRunning`, asked for at `GET {base}/v1beta/{operation name}`. Source: seeds 002
 * and 003, and Google's own API, which this is; the frames travel inside the request.
 */
export const gemini: Dialect = (context) => {
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
    async submit(request) {
      checkFits(request);
      const answer = await askJson(context, rules, {
        purpose: 'submit',
        method: 'POST',
        url: `${settings.submitBaseUrl}/v1beta/models/${segment(request.model)}:predictLongRunning`,
        body: await bodyOf(request, durationType),
        echoes: [request.prompt],
      });
      // Kept as it is: it can name another model than the one that was asked (seed 003).
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

const bodyOf = async (request: VideoRequest, durationType: 'number' | 'string') => ({
  instances: [
    {
      prompt: request.prompt,
      image: await imageOf(request.startFrame),
      ...(request.lastFrame && { lastFrame: await imageOf(request.lastFrame) }),
    },
  ],
  // Aspect ratio and length always: the seeds disagree on their defaults. The rest only when it says something: several
  // fields are refused by some models for being there at all.
  parameters: {
    aspectRatio: request.aspectRatio,
    durationSeconds: durationType === 'string' ? String(request.durationSeconds) : request.durationSeconds,
    ...(request.resolution !== DEFAULT_RESOLUTION && { resolution: request.resolution }),
    ...(request.enhancePrompt !== undefined && { enhancePrompt: request.enhancePrompt }),
  },
});

const imageOf = async (frame: Frame) => ({
  mimeType: frame.mimeType,
  bytesBase64Encoded: await base64Of(frame),
});

const checkFits = ({ prompt, startFrame, lastFrame, enableUpsample }: VideoRequest): void => {
  if (enableUpsample !== undefined)
    throw notSendable('enableUpsample cannot be used: gemini has no such parameter');
  if (inlineBytes(prompt, [startFrame, lastFrame]) <= MAX_BODY_BYTES) return;
  const pictures = startFrame.bytes + (lastFrame?.bytes ?? 0);
  throw notSendable(
    `The frames have ${megabytes(pictures)}; gemini takes them inside a request of ${megabytes(MAX_BODY_BYTES)}, which holds about 14.9 MB of pictures`,
  );
};

const segment = (text: string): string => encodeURIComponent(text.toWellFormed());

/** `.` and `..` cannot be written into a path, in no encoding. */
const isPath = (name: string): boolean => {
  const parts = name.split('/').filter((part) => part !== '');
  return parts.length > 0 && !parts.some((part) => part === '.' || part === '..');
};
