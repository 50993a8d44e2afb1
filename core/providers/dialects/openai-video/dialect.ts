import { ownOriginsOf } from '../../address-policy.ts';
import { assertSupported, type DialectCapabilities, echoesOf } from '../../capabilities.ts';
import { OpenAiVideoOptions } from '../../dialect-options.ts';
import { askJson, type CallRules } from '../../http/request.ts';
import type { Dialect, ProviderTask, VideoRequest } from '../../provider.ts';
import { openAiVideoModels } from './models.ts';
import { assertWritable, formOf, jsonOf } from './submit-body.ts';
import { errorInVideoAnswer, statusOfVideo, taskIdIn } from './video-task.ts';

/** A video can come inside the answer, as a data URL. */
const MAX_ANSWER_BYTES = 25 * 1024 * 1024;

const WORDS: DialectCapabilities = {
  dialect: 'openai-video',
  scenes: ['text-to-video', 'image-to-video'],
  takes: [],
  maxReferenceFrames: 0,
  // With those of the other ways to write the same: a relay could go by either.
  ownFields: [
    'model',
    'prompt',
    'images',
    'image',
    'input_reference',
    'aspect_ratio',
    'size',
    'seconds',
    'duration',
  ],
};

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
 * `POST {base}/v1/video/generations` with JSON, or `POST {base}/v1/videos` with a form; polled below the same path. Source:
 * seed 004, and new-api and LiteLLM as they were run and tried.
 */
const connect: Dialect['connect'] = (context) => {
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

  const cancelBy =
    ({ method, path }: NonNullable<OpenAiVideoOptions['cancel']>) =>
    async ({ id }: ProviderTask): Promise<void> => {
      const url = `${pollBase}${path.replace('{id}', encodeURIComponent(id))}`;
      const body = method === 'POST' ? { body: {} } : {};
      await askJson(context, rules, { purpose: 'check', method, url, ...body, mayBeEmpty: true });
    };

  const assertSendable = (request: VideoRequest): void => {
    assertSupported(request, WORDS);
    assertWritable(request, options);
  };

  return {
    assertSendable,

    async submit(request) {
      assertSendable(request);
      const answer = await askJson(context, rules, {
        purpose: 'submit',
        method: 'POST',
        echoes: echoesOf(request),
        ...(options.submitForm === 'json'
          ? { url: `${settings.submitBaseUrl}/v1/video/generations`, ...(await jsonOf(request, options)) }
          : { url: `${settings.submitBaseUrl}/v1/videos`, content: await formOf(request, options) }),
      });
      // Only this answer's: a relay's later answers name another task, which cannot be polled.
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

    ...(options.cancel && { cancel: cancelBy(options.cancel) }),

    async downloadHeaders(again) {
      return rules.authorize(await context.key(again));
    },
  };
};

export const openAiVideo: Dialect = {
  options: OpenAiVideoOptions,
  models: openAiVideoModels,
  ownFields: WORDS.ownFields,
  canCancel: (options) => OpenAiVideoOptions.parse(options).cancel !== undefined,
  connect,
};
