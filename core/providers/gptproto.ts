import { ownOriginsOf } from '../addresses.ts';
import { ProviderError } from '../errors.ts';
import { errorInEnvelope, getUrlsIn, predictionIn, statusOf } from './prediction.ts';
import type { Dialect, ProviderTask, VideoRequest } from './provider.ts';
import { askJson, type CallRules, type JsonAnswer } from './request.ts';

/** The only length there is: the API has no parameter for it (seed 000). */
const DURATION_SECONDS = 8;

/** Codes of certain refusals: the gateway's relay software names them so (seen Nov 2026; no seed shows an error's body). */
const REFUSALS: CallRules['refusals'] = {
  model_not_found: 'ModelRetired',
  insufficient_user_quota: 'ProviderBalanceTooLow',
  pre_consume_token_quota_failed: 'ProviderBalanceTooLow',
  insufficient_quota: 'ProviderQuotaExhausted',
  invalid_api_key: 'ProviderUnauthorized',
};

/**
 * `POST {base}/api/v3/google/{model}/image-to-video`, asked for at `GET {base}/api/v3/predictions/{id}/result`. Source: the
 * gateway's own documents (seeds 000 and 001); both answers have one envelope, read in every form that was seen.
 */
export const gptproto: Dialect = (context) => {
  const { settings } = context;
  const submitBase = settings.submitBaseUrl.replace(/\/+$/, '');
  const pollBase = (settings.pollBaseUrl ?? submitBase).replace(/\/+$/, '');
  const isOwn = (url: string) => URL.canParse(url) && ownOriginsOf(settings).includes(new URL(url).origin);
  const rules: CallRules = {
    authorize: (key) => ({ authorization: settings.keyStyle === 'bearer' ? `Bearer ${key}` : key }),
    refusals: REFUSALS,
    errorIn: errorInEnvelope,
  };

  return {
    async submit(request) {
      if (request.durationSeconds !== DURATION_SECONDS)
        throw new ProviderError(
          'ProviderRejected',
          `gptproto makes videos of ${DURATION_SECONDS} s only, not of ${request.durationSeconds} s`,
          { retryable: false, charged: 'no' },
        );
      const body = await bodyOf(request);
      const secrets = [body.image, body.last_image ?? ''];
      const url = `${submitBase}/api/v3/google/${segment(request.model)}/image-to-video`;
      const answer = await askJson(context, rules, {
        purpose: 'submit',
        method: 'POST',
        url,
        body,
        secrets,
        echoes: [request.prompt],
      });
      return taskOf(answer, isOwn);
    },

    async check(task) {
      const byId = `${pollBase}/api/v3/predictions/${segment(task.id)}/result`;
      const url = task.resultUrl !== undefined && isOwn(task.resultUrl) ? task.resultUrl : byId;
      return statusOf(await askJson(context, rules, { purpose: 'check', method: 'GET', url }));
    },
  };
};

/** Only what was set is sent, but always aspect ratio and resolution: the sources disagree on their defaults. */
const bodyOf = async (request: VideoRequest) => ({
  prompt: request.prompt,
  image: await request.startFrame.url(),
  ...(request.lastFrame && { last_image: await request.lastFrame.url() }),
  aspect_ratio: request.aspectRatio,
  resolution: request.resolution,
  ...(request.enhancePrompt !== undefined && { enhance_prompt: request.enhancePrompt }),
  ...(request.enableUpsample !== undefined && { enable_upsample: request.enableUpsample }),
});

const segment = (text: string): string => encodeURIComponent(text.toWellFormed());

/** The task of a submit's answer. Its status is not read: the gateway's own example says "completed" with no outputs. */
const taskOf = (answer: JsonAnswer, isOwn: (url: string) => boolean): ProviderTask => {
  const prediction = predictionIn(answer.json);
  // `.` and `..` cannot be written into a path, in no encoding.
  const id = prediction?.id?.trim();
  if (id && id !== '.' && id !== '..') return { id };
  const resultUrl = getUrlsIn(prediction?.urls).find(isOwn);
  if (resultUrl !== undefined) return { id: new URL(resultUrl).pathname, resultUrl };
  throw answer.unreadable('without an id to ask for the video by');
};
