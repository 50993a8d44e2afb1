import { z } from 'zod';
import { type GatewayRequest, readAs, readJson } from '../../http/messages.ts';
import { invalid, Refusal } from '../../http/refusal.ts';
import { download, type Frame, fetchFrame, frameFromBase64 } from '../../media/frame.ts';
import { type SourceVideo, videoFromBytes } from '../../media/source-video.ts';
import type { Submission } from '../../tasks/task.ts';
import type { OwnVideos, PathParts } from '../dialect.ts';
import { isPassedThrough, passedThroughOf } from '../passed-through.ts';
import { aspectRatios, microsFor, pixelsOf, resolutions } from '../veo.ts';

// Sources: seeds 002 and 003; where they are silent or disagree, PROVIDERS.md and Google's own answers. Google refuses
// unknown fields, and so does this dialect.

/** How durationSeconds must be written: a string in seed 002, a number in seed 003 and at Google. */
export const geminiDurations = ['number', 'string', 'any'] as const;
export type GeminiDuration = (typeof geminiDurations)[number];

/** The names in the seeds, and those without "preview" (PROVIDERS.md, Nov 2026). */
const models = [
  'veo-3.1-generate-preview',
  'veo-3.1-fast-generate-preview',
  'veo-3.1-generate-001',
  'veo-3.1-fast-generate-001',
  'veo-3.1-lite-generate-001',
];

// An extension adds 7 s, up to 148 s in all (PROVIDERS.md).
const extensionSeconds = 7;
const longestVideoSeconds = 148;

const Picture = z.strictObject({
  mimeType: z.enum(['image/png', 'image/jpeg', 'image/webp']).optional(),
  bytesBase64Encoded: z.string().optional(),
  uri: z.string().optional(),
});
type Picture = z.infer<typeof Picture>;

const Instance = z.strictObject({
  prompt: z.string().refine((prompt) => prompt.trim() !== '', 'must not be empty'),
  image: Picture.optional(),
  lastFrame: Picture.optional(),
  referenceImages: z
    .array(z.strictObject({ image: Picture, referenceType: z.enum(['asset', 'ASSET']) }))
    .min(1)
    .max(3)
    .optional(),
  video: z.strictObject({ uri: z.string(), encoding: z.literal('video/mp4').optional() }).optional(),
});
type Instance = z.infer<typeof Instance>;

const Parameters = z.strictObject({
  // The default is 16:9 in seed 002 and 9:16 in seed 003.
  aspectRatio: z.enum(aspectRatios).default('16:9'),
  resolution: z.enum(resolutions).default('720p'),
  durationSeconds: z.union([z.number(), z.string()]).optional(),
  personGeneration: z.enum(['allow_all', 'allow_adult']).optional(),
  enhancePrompt: z.boolean().default(true),
  negativePrompt: z.string().optional(),
  sampleCount: z.int().min(1).max(4).default(1),
  seed: z.int().min(0).max(4_294_967_295).optional(),
});
type Parameters = z.infer<typeof Parameters>;

const Body = z.strictObject({
  instances: z.tuple([Instance], 'must be a list of exactly one instance'),
  parameters: z.record(z.string(), z.unknown()).default({}),
});

export const readGeminiSubmission = async (
  request: GatewayRequest,
  { model = '' }: PathParts,
  ownVideos: OwnVideos,
  durationForm: GeminiDuration,
): Promise<Submission> => {
  if (!models.includes(model)) {
    const reason = `models/${model} is not found for API version v1beta, or is not supported for predictLongRunning`;
    throw new Refusal('invalid', reason, { status: 404 });
  }
  const body = readAs(Body, readJson(request));
  const [instance] = body.instances;
  const passedThrough = passedThroughOf(body.parameters);
  const parameters = readParameters(body.parameters);
  const durationSeconds = readDuration(parameters.durationSeconds, durationForm);
  checkPictures(instance, model);
  checkParameters(instance, parameters, durationSeconds, model);

  const frames = await readFrames(instance);
  const { resolution, aspectRatio, sampleCount } = parameters;
  const source = instance.video && (await readVideo(instance.video.uri, request, ownVideos));
  const seconds = instance.video ? extendedSeconds(source) : durationSeconds;
  return {
    model,
    scene: sceneOf(instance),
    prompt: instance.prompt,
    parameters: { ...parameters, durationSeconds },
    passedThrough,
    ignoredFields: [],
    frames,
    filmed: instance.lastFrame ? 2 : frames.length > 0 ? 1 : 0,
    source,
    video: { ...pixelsOf(resolution, aspectRatio), durationSeconds: seconds },
    samples: sampleCount,
    samplePriceMicros: microsFor(model, resolution, instance.video ? extensionSeconds : durationSeconds),
  };
};

const sceneOf = ({ image, referenceImages, video }: Instance): string => {
  if (video) return 'video-to-video';
  if (referenceImages) return 'reference-to-video';
  return image ? 'image-to-video' : 'text-to-video';
};

const readParameters = (content: Record<string, unknown>): Parameters => {
  const own = Object.entries(content).filter(([name]) => !isPassedThrough(name));
  return readAs(Parameters, Object.fromEntries(own), 'parameters');
};

const field = (name: string) => `parameters.${name}`;

const readDuration = (written: number | string | undefined, form: GeminiDuration): number => {
  const name = field('durationSeconds');
  if (written === undefined) return 8;
  if (form !== 'any' && typeof written !== form) throw invalid(name, `the value type needs to be a ${form}`);
  const seconds = Number(written);
  if (![4, 6, 8].includes(seconds)) throw invalid(name, 'must be 4, 6 or 8');
  return seconds;
};

const checkPictures = ({ image, lastFrame, referenceImages, video }: Instance, model: string): void => {
  if (lastFrame && !image) throw invalid('instances.0.lastFrame', 'must be used with image');
  if (referenceImages && model.includes('-lite')) {
    throw invalid('instances.0.referenceImages', `isn't supported by ${model}`);
  }
  if (referenceImages && (image || video)) {
    throw invalid('instances.0.referenceImages', 'cannot be used with image, lastFrame or video');
  }
  if (video && image) throw invalid('instances.0.video', 'cannot be used with image or lastFrame');
};

const checkParameters = (
  instance: Instance,
  parameters: Parameters,
  seconds: number,
  model: string,
): void => {
  const { image, lastFrame, referenceImages, video } = instance;
  const { resolution, personGeneration } = parameters;
  if (resolution === '4k' && model.includes('-lite')) {
    throw invalid(field('resolution'), `4k isn't supported by ${model}`);
  }
  if (video && resolution !== '720p') throw invalid(field('resolution'), 'must be 720p to extend a video');
  const wantsEight = lastFrame || referenceImages || video || resolution !== '720p';
  if (wantsEight && seconds !== 8) {
    throw invalid(field('durationSeconds'), 'must be 8 with 1080p, 4k, lastFrame, referenceImages or video');
  }
  if ((image || referenceImages) && personGeneration === 'allow_all') {
    throw invalid(field('personGeneration'), 'must be allow_adult with an image');
  }
};

const readFrames = ({ image, lastFrame, referenceImages = [] }: Instance): Promise<Frame[]> => {
  const pictures: [string, Picture | undefined][] = [
    ['instances.0.image', image],
    ['instances.0.lastFrame', lastFrame],
    ...referenceImages.map((reference, index): [string, Picture] => [
      `instances.0.referenceImages.${index}.image`,
      reference.image,
    ]),
  ];
  return Promise.all(pictures.flatMap(([name, picture]) => (picture ? [readPicture(name, picture)] : [])));
};

const readPicture = async (name: string, { uri, bytesBase64Encoded, mimeType }: Picture): Promise<Frame> => {
  if ((uri === undefined) === (bytesBase64Encoded === undefined)) {
    throw invalid(name, 'either uri or bytesBase64Encoded must be provided');
  }
  // Real gateways read Cloud Storage and Files URLs. Here any http(s) URL stands for those.
  if (uri !== undefined) return fetchFrame(`${name}.uri`, uri);
  if (mimeType === undefined) throw invalid(`${name}.mimeType`, 'required with bytesBase64Encoded');
  return frameFromBase64(`${name}.bytesBase64Encoded`, bytesBase64Encoded ?? '');
};

/** The bytes of the video to extend; undefined for Cloud Storage, which only real gateways can read. */
const readVideo = async (
  uri: string,
  { headers }: GatewayRequest,
  ownVideos: OwnVideos,
): Promise<SourceVideo | undefined> => {
  if (/^gs:\/\/[^/]+\/./.test(uri)) return undefined;
  if (!/^https?:/i.test(uri)) throw invalid(videoUri, 'must be an http(s) or gs:// URL');
  const own = [ownVideos.baseUrl, `http://${headers.host}`].find((base) => uri.startsWith(`${base}/`));
  const [, ownId] = (own !== undefined && ownFile.exec(uri.slice(own.length))) || [];
  if (ownId === undefined) return videoFromBytes(videoUri, await download(videoUri, uri));
  const bytes = await ownVideos.read(ownId);
  if (!bytes) throw invalid(videoUri, 'the file does not exist');
  return videoFromBytes(videoUri, bytes);
};

const videoUri = 'instances.0.video.uri';
const ownFile = /^\/v1beta\/files\/([0-9a-f]{32})[0-3]:download/;

/** 7 s more than the source has; an unknown length counts as 8 s. */
const extendedSeconds = (source: SourceVideo | undefined): number => {
  const seconds = (source?.durationSeconds ?? 8) + extensionSeconds;
  if (seconds <= longestVideoSeconds) return seconds;
  throw invalid(videoUri, `is longer than ${longestVideoSeconds - extensionSeconds} s`);
};
