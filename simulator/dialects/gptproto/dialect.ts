import { z } from 'zod';
import { type GatewayRequest, type PlainReply, readAs, readJson } from '../../http/messages.ts';
import { invalid, type Refusal, retryAfterHeader } from '../../http/refusal.ts';
import { type Frame, fetchFrame } from '../../media/frame.ts';
import type { TaskState } from '../../task-state.ts';
import type { Submission, TaskView } from '../../tasks/task.ts';
import type { Dialect, PathParts } from '../dialect.ts';
import { isPassedThrough, passedThroughOf } from '../passed-through.ts';
import { aspectRatios, microsFor, pixelsOf, resolutions } from '../veo.ts';

// Source: seed 000 (documents of gptproto.com, Nov 2026). Comments mark where it is silent.

const durationSeconds = 8; // There is no parameter. The seed's table has 8 s for 1080p and 4k only.

const models = ['veo3', 'veo3-fast', 'veo3-pro', 'veo3.1', 'veo3.1-fast', 'veo3.1-pro'];
const scenes = ['text-to-video', 'image-to-video', 'reference-to-video'];

const Body = z.object({
  prompt: z.string().refine((prompt) => prompt.trim() !== '', 'must not be empty'),
  image: z.string().optional(),
  images: z.array(z.string()).min(1).max(3).optional(),
  last_image: z.string().optional(),
  aspect_ratio: z.enum(aspectRatios).default('16:9'),
  enhance_prompt: z.boolean().default(true),
  enable_upsample: z.boolean().optional(),
  resolution: z.enum(resolutions).default('720p'),
  enable_sync_mode: z.boolean().optional(),
});
type Body = z.infer<typeof Body>;

const readSubmission = async (request: GatewayRequest, parts: PathParts): Promise<Submission> => {
  const { model = '', scene = '' } = parts;
  if (!models.includes(model)) throw invalid('model', `"${model}" is not one of ${models.join(', ')}`);
  if (!scenes.includes(scene)) throw invalid('scene', `"${scene}" is not one of ${scenes.join(', ')}`);
  const isPro = model.endsWith('-pro');
  if (scene === 'reference-to-video' && isPro)
    throw invalid('scene', `${scene} is not supported by ${model}`);

  const content = readJson(request);
  const body = readAs(Body, content);
  checkPictures(body, scene, isPro);
  const frames = await fetchPictures(body);
  return {
    model,
    scene,
    prompt: body.prompt,
    parameters: parametersOf(body),
    passedThrough: passedThroughOf(content),
    ignoredFields: Object.keys(Object(content)).filter(
      (field) => !(field in Body.shape) && !isPassedThrough(field),
    ),
    frames,
    filmed: body.last_image === undefined ? (frames.length > 0 ? 1 : 0) : 2,
    video: { ...pixelsOf(body.resolution, body.aspect_ratio), durationSeconds },
    samples: 1,
    samplePriceMicros: microsFor(model, body.resolution, durationSeconds),
    isSynchronous: body.enable_sync_mode === true,
  };
};

/** What the ledger shows. It leaves the picture URLs out: presigned URLs are secrets. */
const parametersOf = ({ aspect_ratio, enhance_prompt, enable_upsample, resolution }: Body) => {
  return { aspect_ratio, enhance_prompt, enable_upsample, resolution };
};

/** The seed: "Incorrect scene selection may cause parameters to fail." Here it always fails, with the reason. */
const checkPictures = ({ image, images, last_image }: Body, scene: string, isPro: boolean): void => {
  if (images && isPro) throw invalid('images', 'not supported by pro models');
  if (last_image !== undefined && image === undefined) throw invalid('last_image', 'must be used with image');
  if (scene === 'image-to-video' && image === undefined)
    throw invalid('image', 'required for image-to-video');
  if (scene !== 'image-to-video' && image !== undefined) throw invalid('image', `not used by ${scene}`);
  if (scene === 'reference-to-video' && !images) throw invalid('images', 'required for reference-to-video');
  if (scene !== 'reference-to-video' && images) throw invalid('images', `not used by ${scene}`);
};

const fetchPictures = ({ image, images = [], last_image }: Body): Promise<Frame[]> => {
  const addresses: [field: string, address: string | undefined][] = [
    ['image', image],
    ['last_image', last_image],
    ...images.map((address, index): [string, string] => [`images.${index}`, address]),
  ];
  return Promise.all(
    addresses.flatMap(([field, address]) => (address === undefined ? [] : [fetchFrame(field, address)])),
  );
};

/** No client knows the word `marinating`. Filtered is `completed` with the flag and without outputs. */
const words: Record<TaskState, string> = {
  queued: 'created',
  running: 'processing',
  succeeded: 'completed',
  filtered: 'completed',
  empty: 'completed',
  failed: 'failed',
  cancelled: 'canceled',
  mystery: 'marinating',
};

const unsafeFlags = ({ state, task }: TaskView): boolean[] => {
  if (state === 'filtered') return [true];
  return state === 'succeeded' ? [task.isFlaggedUnsafe] : [];
};

/** One envelope for submit and result. */
const showTask = (view: TaskView, baseUrl: string): PlainReply => {
  const { task } = view;
  const data = {
    id: task.id,
    model: task.submission.model,
    outputs: view.outputs,
    urls: { get: `${baseUrl}/api/v3/predictions/${task.id}/result` },
    status: task.words[view.state] ?? words[view.state],
    error: view.reason ?? null,
    executionTime: view.elapsedMs,
    timings: { inference: view.elapsedMs },
    has_nsfw_contents: unsafeFlags(view),
    // "2026-01-01 00:00:00": no time zone, as in the seed
    created_at: new Date(task.createdAtMs).toISOString().slice(0, 19).replace('T', ' '),
  };
  return { status: 200, body: { data, message: 'success', code: 200 } };
};

export const gptproto: Dialect = {
  name: 'gptproto',
  routes: [
    {
      kind: 'submit',
      path: /^\/api\/v3\/google\/(?<model>[^/]+)\/(?<scene>[^/]+)$/,
      read: readSubmission,
      answer: showTask,
    },
    {
      kind: 'poll',
      method: 'GET',
      path: /^\/api\/v3\/predictions\/(?<id>[^/]+)\/result$/,
      taskId: (_request, { id = '' }) => id,
      answer: showTask,
    },
  ],
  isAuthorised({ headers }, { key, authStyle }) {
    const isBare = headers.authorization === key;
    const isBearer = headers.authorization === `Bearer ${key}`;
    return (isBare && authStyle !== 'bearer') || (isBearer && authStyle !== 'bare');
  },
  // No seed shows an error's body. This is the success envelope without data, as relays of this family send it.
  refuse: (refusal: Refusal) => ({
    status: refusal.status,
    headers: retryAfterHeader(refusal),
    body: { data: null, message: refusal.message, code: refusal.status },
  }),
};
