import { explain } from '../cli/errors.ts';
import { ApiProblem, type CreateJobRequest, createClient } from '../client/index.ts';
import type { LocalCloud } from './local-cloud.ts';
import { LocalCloudError } from './local-cloud-error.ts';
import { outputOf } from './outputs.ts';

/** A drop's metadata as a job request: `aspect-ratio` becomes `aspectRatio`, `duration` becomes `durationSeconds`, a number. */
const toBody = ({
  'aspect-ratio': aspectRatio,
  duration,
  ...others
}: Readonly<Record<string, string>>): CreateJobRequest => ({
  ...others,
  ...(aspectRatio === undefined ? {} : { aspectRatio }),
  ...(duration === undefined ? {} : { durationSeconds: Number(duration) }),
});

/**
 * Requests a video without a picture, by the API. Answers the job's id.
 * @throws LocalCloudError with the API's own words when it refuses
 */
export const createJob = async (
  { access, clients, outputs }: LocalCloud,
  parameters: Readonly<Record<string, string>>,
): Promise<string> => {
  const credentials = access.credentials ?? clients.s3.config.credentials;
  const baseUrl = outputOf(outputs, 'ApiUrl');
  const api = createClient({ baseUrl, sign: { region: access.region, credentials } });
  try {
    const made = await api.createJob(toBody(parameters));
    if ('jobId' in made) return made.jobId;
  } catch (cause) {
    if (!(cause instanceof ApiProblem)) throw cause;
    throw new LocalCloudError(`The API refused the job: ${explain(cause)}`, { cause });
  }
  throw new LocalCloudError('The API did not answer with a job.');
};
