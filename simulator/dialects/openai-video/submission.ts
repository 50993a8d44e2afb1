import { imageSize } from 'image-size';
import { z } from 'zod';
import { type GatewayRequest, readAs, readJson } from '../../http/messages.ts';
import { invalid, Refusal } from '../../http/refusal.ts';
import { type Frame, fetchFrame, frameFromBase64, frameFromBytes } from '../../media/frame.ts';
import type { Submission } from '../../tasks/task.ts';
import { isPassedThrough, passedThroughOf } from '../passed-through.ts';
import { type AspectRatio, aspectRatios, microsFor, pixelsOf, type Resolution, resolutions } from '../veo.ts';

// Seed 004 documents image-to-video and requires `images`. Relays make a text-to-video without them, and so does this.
// Pictures are treated as measured on a relay (PROVIDERS.md, 21 Nov 2026).

/** Which pictures in JSON are accepted: a data URI (or bare base64), a URL to fetch, or both. */
export const openaiImages = ['data', 'url', 'any'] as const;
export type OpenaiImages = (typeof openaiImages)[number];

/** How `seconds` must be written: seed 004 types it as an integer and shows strings; relays refuse numbers. */
export const openaiSeconds = ['string', 'number', 'any'] as const;
export type OpenaiSeconds = (typeof openaiSeconds)[number];

export interface OpenaiReading {
  readonly images: OpenaiImages;
  readonly seconds: OpenaiSeconds;
}

const models = [
  'veo-2.0-generate-001',
  'veo-3.0-generate-001',
  'veo-3.0-fast-generate-001',
  'veo-3.1-generate-preview',
  'veo-3.1-fast-generate-preview',
];

const pixelSizes = resolutions.flatMap((resolution) =>
  aspectRatios.map((aspectRatio) => {
    const { width, height } = pixelsOf(resolution, aspectRatio);
    return { name: `${width}x${height}`, resolution, aspectRatio };
  }),
);

const Body = z.object({
  model: z.string(),
  prompt: z
    .string()
    .max(5000)
    .refine((prompt) => prompt.trim() !== '', 'must not be empty'),
  aspect_ratio: z.enum(aspectRatios).optional(),
  images: z.array(z.string()).optional(),
  image: z.string().optional(),
  seconds: z.union([z.string(), z.number()]).optional(),
  duration: z.int().optional(),
  size: z.enum([...resolutions, ...pixelSizes.map(({ name }) => name)]).default('720p'),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
type Body = z.infer<typeof Body>;

/** The pictures of a body, and the fields whose pictures were silently dropped. */
interface Pictures {
  readonly frames: readonly Frame[];
  readonly dropped: readonly string[];
}

/** `POST /v1/video/generations`. */
export const readJsonSubmission = async (
  request: GatewayRequest,
  reading: OpenaiReading,
): Promise<Submission> => {
  const content = readJson(request);
  const body = readAs(Body, content);
  if (request.path.endsWith('/generations') && body.aspect_ratio === undefined) {
    throw invalid('aspect_ratio', 'required');
  }
  checkModel(body.model);
  return submissionOf(content, body, await readPictures(body, reading.images), reading);
};

/** `POST /v1/videos`: a form as OpenAI's client sends it, or the same JSON. */
export const readVideosSubmission = async (
  request: GatewayRequest,
  reading: OpenaiReading,
): Promise<Submission> => {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) return readJsonSubmission(request, reading);
  const form = await readForm(request, type);
  const content = fieldsOf(form);
  const body = readAs(Body, content);
  checkModel(body.model);
  // A file is used. A text of that name is silently dropped.
  const reference = form.get('input_reference');
  const frames =
    reference instanceof Blob
      ? [frameFromBytes('input_reference', Buffer.from(await reference.arrayBuffer()))]
      : [];
  for (const frame of frames) checkRatio('input_reference', frame);
  return submissionOf(content, body, { frames, dropped: [] }, { ...reading, seconds: 'any' });
};

/** All form fields are text. */
const fieldsOf = (form: FormData): Record<string, unknown> => {
  const texts = [...form].filter(([, value]) => typeof value === 'string');
  const { duration, metadata, ...fields }: Record<string, unknown> = Object.fromEntries(texts);
  return {
    ...fields,
    ...(duration === undefined ? {} : { duration: Number(duration) }),
    ...(metadata === undefined ? {} : { metadata: parseMetadata(`${metadata}`) }),
  };
};

const parseMetadata = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid('metadata', 'is not JSON', { cause });
  }
};

const readForm = async ({ body }: GatewayRequest, type: string): Promise<FormData> => {
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  } catch (cause) {
    throw invalid('body', 'is not multipart/form-data', { cause });
  }
};

const checkModel = (model: string): void => {
  if (models.includes(model)) return;
  throw new Refusal('no-model', `No available channel for model ${model}`);
};

const readPictures = async ({ image, images = [] }: Body, accepted: OpenaiImages): Promise<Pictures> => {
  const named = [
    ...images.map((text, index): [string, string] => [`images.${index}`, text]),
    ...(image === undefined ? [] : [['image', image] satisfies [string, string]]),
  ];
  const isUrl = (text: string) => /^https?:/i.test(text);
  const isDropped = (text: string) => isUrl(text) && accepted === 'data';
  const used = named.filter(([, text]) => !isDropped(text));
  const frames = used.map(async ([field, text]) => {
    const frame = isUrl(text) ? await fetchFrame(field, text) : readInline(field, text, accepted);
    checkRatio(field, frame);
    return frame;
  });
  const dropped = named.filter(([, text]) => isDropped(text)).map(([field]) => field);
  return { frames: await Promise.all(frames), dropped };
};

const readInline = (field: string, text: string, accepted: OpenaiImages): Frame => {
  if (accepted === 'url') throw invalid(field, 'must be an http(s) URL');
  return frameFromBase64(field, text.replace(/^data:image\/[\w.+-]+;base64,/i, ''));
};

/** Seed 004: between 1:4 and 4:1. */
const checkRatio = (field: string, frame: Frame): void => {
  const ratio = ratioOf(field, frame);
  if (ratio < 1 / 4 || ratio > 4) throw invalid(field, 'must be between 1:4 and 4:1');
};

const ratioOf = (field: string, { bytes }: Frame): number => {
  try {
    const { width, height } = imageSize(bytes);
    return width / height;
  } catch (cause) {
    throw invalid(field, 'is a broken picture', { cause });
  }
};

const submissionOf = (
  content: unknown,
  body: Body,
  { frames, dropped }: Pictures,
  { seconds: secondsForm }: OpenaiReading,
): Submission => {
  const { model, prompt, size, metadata } = body;
  const { resolution, aspectRatio } = shapeOf(body);
  if (resolution === '4k' && model.startsWith('veo-2')) throw invalid('size', '4k needs Veo 3 or newer');
  if (secondsForm !== 'any' && body.seconds !== undefined && typeof body.seconds !== secondsForm) {
    throw invalid('seconds', `must be a ${secondsForm}`);
  }
  const durationSeconds = readSeconds(body, frames.length > 0, resolution);
  const unknown = Object.keys(Object(content)).filter(
    (name) => !(name in Body.shape) && !isPassedThrough(name),
  );
  return {
    model,
    scene: frames.length > 0 ? 'image-to-video' : 'text-to-video',
    prompt,
    parameters: {
      aspect_ratio: body.aspect_ratio,
      seconds: body.seconds,
      duration: body.duration,
      size,
      metadata,
    },
    passedThrough: passedThroughOf(content),
    ignoredFields: [...unknown, ...dropped],
    frames,
    filmed: frames.length > 0 ? 1 : 0,
    video: { ...pixelsOf(resolution, aspectRatio), durationSeconds },
    samples: 1,
    samplePriceMicros: microsFor(model, resolution, durationSeconds),
  };
};

/** A size in pixels sets both; `aspect_ratio` then has no effect (measured). */
const shapeOf = ({
  size,
  aspect_ratio = '16:9',
}: Body): {
  resolution: Resolution;
  aspectRatio: AspectRatio;
} => {
  const pixels = pixelSizes.find(({ name }) => name === size);
  if (pixels) return pixels;
  return { resolution: resolutions.find((name) => name === size) ?? '720p', aspectRatio: aspect_ratio };
};

const readSeconds = (
  { model, seconds, duration }: Body,
  hasFrame: boolean,
  resolution: Resolution,
): number => {
  const field = duration === undefined ? 'seconds' : 'duration';
  const value = Number(duration ?? seconds ?? 8);
  const allowed = model.startsWith('veo-2') ? [5, 6, 7, 8] : [4, 6, 8];
  if (!allowed.includes(value)) throw invalid(field, `must be one of ${allowed.join(', ')} for ${model}`);
  // The seed states this for Veo 3.1 and is silent on older models. All of them make 8 s.
  const isFixed = hasFrame || resolution !== '720p';
  if (isFixed && value !== 8) throw invalid(field, 'must be 8 with a first frame, 1080p or 4k');
  return value;
};
