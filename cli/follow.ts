import { isOver, type Job } from '../client/index.ts';
import { CliError, ExitCode } from './errors.ts';
import { ageText, eventText, secondsBetween, stopText } from './job-text.ts';
import { liveLine } from './live-line.ts';
import type { Target } from './target.ts';
import type { Terminal } from './terminal.ts';

const REDRAW_MS = 500;

/**
 * Tells each step of a job as it comes, and answers the job when nothing is left to wait for.
 * @throws CliError when somebody leaves; the job goes on without them
 */
export const followJob = async (
  { api }: Pick<Target, 'api'>,
  id: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Job> => {
  const line = liveLine(terminal);
  let told = 0;
  let latest: Job | undefined;
  const draw = (): void => {
    if (latest && !isOver(latest))
      line.show(`  … ${latest.status}, ${ageText(Date.now() - Date.parse(latest.createdAt))}`);
  };
  const clock = setInterval(draw, REDRAW_MS);
  try {
    return await api.waitForJob(id, {
      signal,
      onNews: (job) => {
        for (const entry of (job.timeline ?? []).filter(({ sequence }) => sequence > told)) {
          line.say(
            `  ${secondsBetween(job.createdAt, entry.at).toFixed(1).padStart(8)} s  ${eventText(entry)}`,
          );
          told = entry.sequence;
        }
        if (job.waiting && job.waiting.message !== latest?.waiting?.message)
          line.say(`              ${job.waiting.message}`);
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
  if (job.status === 'succeeded') return;
  throw new CliError(`Job ${job.jobId} is ${job.status}. ${stopText(job)}`.trim());
};
