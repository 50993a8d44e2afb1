import { z } from 'zod';
import type { RunningGateway } from '../../../simulator/server.ts';
import { gateway, promptWith } from './gateway-builder.ts';
import { key, picture, postJson, repeat } from './support.ts';

export const model = 'veo-3.1-fast-generate-preview';
export const base64 = picture.toString('base64');
export const dataUri = `data:image/jpeg;base64,${base64}`;
export const withKey = { authorization: `Bearer ${key}` };
export const generations = '/v1/video/generations';
export const videos = '/v1/videos';

export const Accepted = z.strictObject({
  id: z.string(),
  task_id: z.string(),
  object: z.literal('video'),
  model: z.string(),
  status: z.string(),
  progress: z.number(),
  created_at: z.int(),
});
export const Unknown = z.record(z.string(), z.unknown());

export const bodyOf = (more: Record<string, unknown> = {}) => ({
  model,
  prompt: 'A boat',
  aspect_ratio: '16:9',
  ...more,
});
export const post = (body: unknown, { path = generations, on = gateway, headers = withKey } = {}) =>
  postJson(on.url + path, body, headers);
export const postForm = (fields: Record<string, string | Blob>, on = gateway) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return fetch(on.url + videos, { method: 'POST', headers: withKey, body: form });
};

export async function idIn(response: Response): Promise<string> {
  if (response.status !== 200) throw new Error(`not accepted: ${await response.text()}`);
  return Accepted.parse(await response.json()).task_id;
}
export const accept = async (more?: Record<string, unknown>, options?: Parameters<typeof post>[1]) =>
  idIn(await post(bodyOf(more), options));

export const askOnce = (id: string, path = generations, on = gateway) =>
  fetch(`${on.url}${path}/${encodeURIComponent(id)}`, { headers: withKey });
export const ask = async (id: string, path?: string, on?: RunningGateway) =>
  Unknown.parse(await (await askOnce(id, path, on)).json());
export const content = (id: string) =>
  askOnce(id, videos).then(() => fetch(contentUrl(id), { headers: withKey }));
export const contentUrl = (id: string) => `${gateway.url}${videos}/${encodeURIComponent(id)}/content`;

/** Polls until the status word, in any form, says that the task is over. */
export const over = (id: string, path = generations, on = gateway) =>
  repeat(
    () => ask(id, path, on),
    (answer) => /"status":"(completed|succeeded|SUCCESS|failed|FAILURE)"/.test(JSON.stringify(answer)),
  );

export const acceptWith = (...faults: string[]) => accept({ prompt: promptWith(...faults) });
export const publicUrl = expect.stringMatching(/^http:\/\/127.0.0.1:\d+\/files\/[\w-]+\.mp4$/);
