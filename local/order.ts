import * as z from 'zod';
import type { LocalCloud } from './cloud.ts';
import { LocalTrouble } from './local-trouble.ts';
import { outputOf } from './outputs.ts';
import { signedFetch } from './signed-fetch.ts';

const Accepted = z.looseObject({ jobId: z.string() });
const Problem = z.looseObject({ title: z.string().optional(), detail: z.string().optional() });

/** The names of a drop's metadata in the API's words: `aspect-ratio` is `aspectRatio`, `duration` a number of seconds. */
const toBody = ({
  'aspect-ratio': aspectRatio,
  duration,
  ...said
}: Readonly<Record<string, string>>): Record<string, unknown> => ({
  ...said,
  ...(aspectRatio === undefined ? {} : { aspectRatio }),
  ...(duration === undefined ? {} : { durationSeconds: Number(duration) }),
});

/**
 * Orders a video without a picture, by the API. Answers the job's id.
 * @throws LocalTrouble with the API's own words when it refuses
 */
export const orderVideo = async (
  { access, clients, outputs }: LocalCloud,
  asked: Readonly<Record<string, string>>,
): Promise<string> => {
  const url = new URL('jobs', `${outputOf(outputs, 'ApiUrl').replace(/\/+$/, '')}/`);
  const credentials = access.credentials ?? (await clients.s3.config.credentials());
  const response = await signedFetch({ ...access, credentials }, url, {
    method: 'POST',
    body: JSON.stringify(toBody(asked)),
  });
  const body: unknown = await response.json().catch(() => undefined);
  const accepted = Accepted.safeParse(body);
  if (response.status === 202 && accepted.success) return accepted.data.jobId;
  const { title = `HTTP ${response.status}`, detail = 'no reason given' } =
    Problem.safeParse(body).data ?? {};
  throw new LocalTrouble(`The order was refused: ${title}. ${detail}`);
};
