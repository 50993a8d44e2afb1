import { findModel } from '../providers/model-registry.ts';
import type { TaskStatus } from '../providers/provider.ts';
import type { ProviderConnection } from '../providers/settings.ts';
import type { Failure, JobState } from './job.ts';

export type Verdict = Omit<Failure, 'charged'>;

/** The failure that each verdict of a provider becomes. */
export const verdicts = {
  failed: (reason: string): Verdict => ({
    code: 'PROVIDER_FAILED',
    message: `The provider could not make the video: ${reason}`,
    advice: 'Try again; if it fails again, change the prompt or the frame.',
  }),
  filtered: (reason: string): Verdict => ({
    code: 'CONTENT_FILTERED',
    message: `The provider refused the content: ${reason}`,
    advice: 'Change the prompt or the frame, then start a new job.',
  }),
  cancelled: (reason: string): Verdict => ({
    code: 'PROVIDER_FAILED',
    message: `The provider cancelled the task: ${reason}`,
    advice: 'Start a new job; if you did not cancel it there, ask the provider.',
  }),
  expired: (reason: string): Verdict => ({
    code: 'EXPIRED',
    message: `The provider does not have this task any more: ${reason}`,
    advice: 'Ask the provider whether the task was charged before starting a new job.',
  }),
  empty: (reason: string): Verdict => ({
    code: 'EMPTY_RESULT',
    message: `The provider finished without a video: ${reason}`,
    advice: 'Ask the provider whether the task was charged before starting a new job.',
  }),
};

export const chargedOf = (status: TaskStatus): Failure['charged'] =>
  'charged' in status ? status.charged : 'unknown';

/** Where the provider does not say whether a filtered video costs, the registry may. */
export const chargedForFiltered = (
  { model = '' }: JobState,
  said: Failure['charged'],
  { dialect }: Pick<ProviderConnection, 'dialect'>,
): Failure['charged'] =>
  said === 'unknown' && findModel(dialect, model)?.billing?.isFilteredFree ? 'no' : said;

/** The provider deletes its videos by now. */
export const timeUp = (state: JobState): Failure =>
  state.readyAt === undefined
    ? {
        code: 'EXPIRED',
        message: 'The provider did not finish the video within the time for which it keeps videos.',
        advice: 'Ask the provider whether the task was charged before starting a new job.',
        charged: 'unknown',
      }
    : {
        code: state.unconfirmed?.verdict === 'DOWNLOAD_INVALID' ? 'DOWNLOAD_INVALID' : 'DOWNLOAD_FAILED',
        message: 'The video was ready, but could not be fetched whole before the provider deleted it.',
        advice: 'Ask the provider for the file or a refund; the task id is in the job.',
        charged: 'yes',
      };
