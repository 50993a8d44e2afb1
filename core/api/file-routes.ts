import * as z from 'zod';
import { IdParams, plainRoute, type Route } from './route.ts';
import { wholeNumber } from './whole-number.ts';

/** How long an address of a video is good for, at most. */
export const ADDRESS_SECONDS = 900;

const VideoAddress = z
  .object({
    url: z.url().describe('Opens this one video, in parts too (`Range`), without a signature. A secret.'),
    expiresAt: z.iso.datetime().describe('At the latest; open it at once, and ask again for another.'),
  })
  .meta({ id: 'VideoAddress' });

export const fileRoutes = {
  showVideo: {
    ...plainRoute,
    method: 'GET',
    path: '/jobs/{id}/video',
    tag: 'Jobs',
    summary: 'The video of a job',
    description: `A redirect to an address that is good for ${ADDRESS_SECONDS / 60} minutes at most; with \`Accept: application/json\` the address itself. Send it nothing of what signed this request: S3 refuses two signatures.`,
    params: IdParams,
    query: z.strictObject({
      output: wholeNumber(1, 100)
        .default(1)
        .describe('Which one, where the job made several (`videoCount`); the first where left out.'),
    }),
    headers: z.object({
      accept: z.string().optional().describe('`application/json` for the address instead of a redirect.'),
    }),
    answers: {
      200: { description: 'The address.', body: VideoAddress, headers: { 'Cache-Control': '`no-store`.' } },
      302: {
        description: 'To the video.',
        headers: { Location: 'The address.', 'Cache-Control': '`no-store`.' },
      },
    },
    problems: [404, 409],
  },
  deleteJob: {
    ...plainRoute,
    method: 'DELETE',
    path: '/jobs/{id}',
    tag: 'Jobs',
    summary: 'Delete a job that ended: its record and its files, for good',
    description:
      'Deletes every version of its video and manifest. The dropped frame stays, and its cost stays counted. If the request was cut off, send it again. For 90 days the Idempotency-Key of the job creates no job: the answer is 409 `JOB_DELETED`.',
    params: IdParams,
    answers: { 204: { description: 'It is gone, or was gone already.' } },
    problems: [404, 409],
  },
} as const satisfies Record<string, Route>;
