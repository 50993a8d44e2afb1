import { ownOriginsOf } from '../../address-policy.ts';
import { assertSupported, type DialectCapabilities, echoesOf, unsupported } from '../../capabilities.ts';
import { GptprotoOptions } from '../../dialect-options.ts';
import { askJson, type CallRules, type JsonAnswer } from '../../http/request.ts';
import type { Dialect, ProviderTask, VideoRequest } from '../../provider.ts';
import { sceneOf } from '../../scenes.ts';
import { gptprotoModels } from './models.ts';
import { errorInEnvelope, getUrlsIn, outputsOf, predictionIn, statusOf } from './prediction.ts';

/** The only length there is: the API has no parameter for it (seed 000). */
const DURATION_SECONDS = 8;

const WORDS: DialectCapabilities = {
  dialect: 'gptproto',
  scenes: ['text-to-video', 'image-to-video', 'first-and-last-frame', 'reference-to-video'],
  takes: ['enhancePrompt', 'enableUpsample'],
  maxReferenceFrames: 3,
  ownFields: [
    'prompt',
    'image',
    'last_image',
    'images',
    'aspect_ratio',
    'resolution',
    'enhance_prompt',
    'enable_upsample',
    // In the path.
    'model',
  ],
};

/** Codes of certain refusals: the gateway's relay software names them so (seen Nov 2026; no seed shows an error's body). */
const REFUSALS: CallRules['refusals'] = {
  model_not_found: 'ModelRetired',
  insufficient_user_quota: 'ProviderBalanceTooLow',
  pre_consume_token_quota_failed: 'ProviderBalanceTooLow',
  insufficient_quota: 'ProviderQuotaExhausted',
  invalid_api_key: 'ProviderUnauthorized',
};

const assertSendable = (request: VideoRequest): void => {
  assertSupported(request, WORDS);
  if (request.durationSeconds !== DURATION_SECONDS)
    throw unsupported(
      `gptproto makes videos of ${DURATION_SECONDS} s only, not of ${request.durationSeconds} s`,
    );
};

/**
 * `POST {base}/api/v3/google/{model}/{scene}`, polled at `GET {base}/api/v3/predictions/{id}/result`. Source: the
 * gateway's own documents (seeds 000 and 001); both answers have one envelope, read in every form that was seen.
 */
const connect: Dialect['connect'] = (context) => {
  const { settings } = context;
  const { keyStyle } = GptprotoOptions.parse(settings.options);
  const pollBase = settings.pollBaseUrl ?? settings.submitBaseUrl;
  const isOwn = (url: string) => URL.canParse(url) && ownOriginsOf(settings).includes(new URL(url).origin);
  const rules: CallRules = {
    authorize: (key) => ({ authorization: keyStyle === 'bearer' ? `Bearer ${key}` : key }),
    refusals: REFUSALS,
    errorIn: errorInEnvelope,
  };

  return {
    assertSendable,

    async submit(request) {
      assertSendable(request);
      const frames = await framesIn(request);
      const answer = await askJson(context, rules, {
        purpose: 'submit',
        method: 'POST',
        url: `${settings.submitBaseUrl}/api/v3/google/${segment(request.model)}/${sceneSegment(request)}`,
        body: { ...request.extra, ...frames, ...fieldsOf(request) },
        secrets: Object.values(frames).flat(),
        echoes: echoesOf(request),
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

export const gptproto: Dialect = {
  options: GptprotoOptions,
  models: gptprotoModels,
  ownFields: WORDS.ownFields,
  connect,
};

/** A last frame is an addition to a start frame: it has no path of its own. */
const sceneSegment = (request: VideoRequest): string => {
  const scene = sceneOf(request);
  return scene === 'first-and-last-frame' ? 'image-to-video' : scene;
};

/** The gateway fetches the frames: addresses, which are secrets. */
const framesIn = async ({ startFrame, lastFrame, referenceFrames = [] }: VideoRequest) => ({
  ...(startFrame && { image: await startFrame.url() }),
  ...(lastFrame && { last_image: await lastFrame.url() }),
  ...(referenceFrames.length > 0 && {
    images: await Promise.all(referenceFrames.map((frame) => frame.url())),
  }),
});

/** Only what was set is sent, but always aspect ratio and resolution: the sources disagree on their defaults. */
const fieldsOf = (request: VideoRequest) => ({
  prompt: request.prompt,
  aspect_ratio: request.aspectRatio,
  resolution: request.resolution,
  ...(request.enhancePrompt !== undefined && { enhance_prompt: request.enhancePrompt }),
  ...(request.enableUpsample !== undefined && { enable_upsample: request.enableUpsample }),
});

const segment = (text: string): string => encodeURIComponent(text.toWellFormed());

/**
 * The task of a submit's answer. Its status is not read: the gateway's own example says "completed" with no outputs. Nor are
 * outputs that it may hold (`enable_sync_mode`): they are polled by the id, and no address of a video is kept. So an answer
 * with outputs and without an id is unreadable: the error says that there is a video.
 */
const taskOf = (answer: JsonAnswer, isOwn: (url: string) => boolean): ProviderTask => {
  const prediction = predictionIn(answer.json);
  // `.` and `..` cannot be written into a path, in no encoding.
  const id = prediction?.id?.trim();
  if (id && id !== '.' && id !== '..') return { id };
  const resultUrl = getUrlsIn(prediction?.urls).find(isOwn);
  if (resultUrl !== undefined) return { id: new URL(resultUrl).pathname, resultUrl };
  const videos = prediction === undefined ? 0 : outputsOf(prediction).length;
  throw answer.unreadable(`${videos > 0 ? 'with a video, but ' : ''}without an id to ask for the video by`);
};
