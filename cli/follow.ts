import { isOver, type Job, type StartframeClient, type WaitOptions } from '../client/index.ts';
import { waitForJob } from '../client/wait-for-job.ts';
import { CliError, ExitCode } from './errors.ts';
import { newsLine, newsOf, noVideoText } from './job-news.ts';
import { ageText } from './job-text.ts';
import { liveLine } from './live-line.ts';
import type { Target } from './target.ts';
import type { Terminal } from './terminal.ts';

/** Reads jobs: the API, or for `npm start` the table of its own cloud. */
export type JobReader = Pick<StartframeClient, 'showJob'>;

export interface FollowOptions extends Pick<WaitOptions, 'signal' | 'longestWaitSeconds'> {
  /** Takes each line to show. */
  readonly say: (line: string) => void;
  /** ISO time that the seconds count from; default: when the job was accepted. */
  readonly since?: string;
  /** Names the job where several share the terminal. */
  readonly label?: string;
  /** Takes the job each time it changed, after its lines were shown. */
  readonly onJob?: (job: Job) => void;
}

/** Shows each step of a job as it comes. Answers the job when nothing is left to wait for. */
export const followJob = (
  reader: JobReader,
  id: string,
  { say, since, label, onJob, ...wait }: FollowOptions,
): Promise<Job> => {
  const newsIn = newsOf();
  return waitForJob(reader, id, {
    ...wait,
    onNews: (job) => {
      for (const news of newsIn(job)) say(newsLine(news, since ?? job.createdAt, label));
      onJob?.(job);
    },
  });
};

const REDRAW_MS = 500;

/**
 * Follows a job at the terminal, with its status and age on the last line.
 * @throws CliError after Ctrl-C; the job goes on
 */
export const followAtTerminal = async (
  { api }: Pick<Target, 'api'>,
  id: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Job> => {
  const line = liveLine(terminal);
  let latest: Job | undefined;
  const draw = (): void => {
    if (latest && !isOver(latest))
      line.show(`  … ${latest.status}, ${ageText(Date.now() - Date.parse(latest.createdAt))}`);
  };
  const clock = setInterval(draw, REDRAW_MS);
  try {
    return await followJob(api, id, {
      signal,
      say: line.say,
      onJob: (job) => {
        latest = job;
        draw();
      },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CliError(
      `The job goes on without you. To see it: startframe show ${id}. For its video: startframe get ${id} -o FILE.mp4`,
      ExitCode.interrupted,
    );
  } finally {
    clearInterval(clock);
    line.end();
  }
};

/** @throws CliError with the reason when there is no video */
export const expectVideo = (job: Job): void => {
  const text = noVideoText(job);
  if (text !== undefined) throw new CliError(text);
};
