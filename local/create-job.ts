import { ApiProblem, type CreateJobRequest, createClient } from '../client/index.ts';
import type { LocalCloud } from './cloud.ts';
import { LocalCloudError } from './local-cloud-error.ts';
import { outputOf } from './outputs.ts';

/** The names of a drop's metadata in the API's words: `aspect-ratio` is `aspectRatio`, `duration` a number of seconds. */
const toBody = ({
  'aspect-ratio': aspectRatio,
  duration,
  ...said
}: Readonly<Record<string, string>>): CreateJobRequest => ({
  ...said,
  ...(aspectRatio === undefined ? {} : { aspectRatio }),
  ...(duration === undefined ? {} : { durationSeconds: Number(duration) }),
});

/**
 * Orders a video without a picture, by the API. Answers the job's id.
 * @throws LocalCloudError with the API's own words when it refuses
 */
export const orderVideo = async (
  { access, clients, outputs }: LocalCloud,
  asked: Readonly<Record<string, string>>,
): Promise<string> => {
  const credentials = access.credentials ?? clients.s3.config.credentials;
  const baseUrl = outputOf(outputs, 'ApiUrl');
  const api = createClient({ baseUrl, sign: { region: access.region, credentials } });
  try {
    const made = await api.createJob(toBody(asked));
    if ('jobId' in made) return made.jobId;
  } catch (cause) {
    if (!(cause instanceof ApiProblem)) throw cause;
    throw new LocalCloudError(`The order was refused: ${cause.title}. ${cause.message}`, { cause });
  }
  throw new LocalCloudError('The API answered no job.');
};
