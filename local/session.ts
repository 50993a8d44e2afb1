import { join } from 'node:path';
import { followJob } from '../cli/follow.ts';
import { noVideoText } from '../cli/job-news.ts';
import { pictureName } from '../cli/job-text.ts';
import type { Progress } from '../cli/progress.ts';
import type { JobState } from '../core/jobs/job.ts';
import { defaultBaseFolder } from './cloud-folder.ts';
import { createJob } from './create-job.ts';
import { DROP_ID, type Drop, dropImage } from './drop.ts';
import { messageOf } from './error-facts.ts';
import { showJob } from './job-reader.ts';
import type { LocalCloud } from './local-cloud.ts';
import { outputOf } from './outputs.ts';
import { saveVideo, saveVideoAs, videoName } from './save-video.ts';
import { findDropped, watchNewJobs } from './watch-jobs.ts';

export interface SessionOptions {
  readonly cloud: LocalCloud;
  readonly progress: Progress;
  /** Aborted when the person leaves. */
  readonly signal: AbortSignal;
  /** Where videos go; `.local/videos` when left out. */
  readonly videoFolder?: string;
}

/** A job to show: its picture's key, and what its seconds count from. */
export interface FollowedJob {
  readonly jobId: string;
  readonly key: string;
  readonly since: string;
  /** Its name in the terminal; its key when left out. */
  readonly label?: string;
}

// The table is on this machine.
const READ_EVERY_SECONDS = 0.25;

/** A file name from the words of a prompt: `A boat, at sea.` → `a-boat-at-sea.txt`. The video's name loses the extension. */
const nameOf = (prompt: string): string => {
  const words = prompt.toLowerCase().match(/[\p{Letter}\p{Number}]+/gu) ?? [];
  const name = words.slice(0, 6).join('-').slice(0, 60);
  return `${name || 'video'}.txt`;
};

/** One person's session at the local cloud: pictures dropped, jobs shown, videos saved. */
export class Session {
  private readonly options: SessionOptions;
  private readonly known = new Set<string>();
  private readonly own = new Set<string>();

  constructor(options: SessionOptions) {
    this.options = options;
  }

  async drop(image: string, metadata: Readonly<Record<string, string>>): Promise<Drop> {
    const { cloud, progress } = this.options;
    const drop = await dropImage(
      cloud.clients.s3,
      outputOf(cloud.outputs, 'InboxBucketName'),
      image,
      metadata,
    );
    progress.say(`\n${image} → s3://${drop.bucket}/${drop.key}`);
    return drop;
  }

  /** Waits until the drop is a job. */
  async accepted(drop: Drop): Promise<FollowedJob> {
    const jobId = await findDropped(this.watching(), drop);
    this.addOwn(jobId);
    this.options.progress.say(`  job ${jobId}`);
    return { jobId, key: drop.key, since: drop.at.toISOString() };
  }

  /** Requests a video of a prompt alone. */
  async request(parameters: Readonly<Record<string, string>>): Promise<FollowedJob> {
    const since = new Date().toISOString();
    const jobId = await createJob(this.options.cloud, parameters);
    this.addOwn(jobId);
    this.options.progress.say(`\nrequested by the API\n  job ${jobId}`);
    return { jobId, key: nameOf(parameters.prompt ?? ''), since };
  }

  /** Shows the job to its end. Answers the saved video's file; nothing when there is none, and then says why. */
  async follow({ jobId, key, since, label = key }: FollowedJob, out?: string): Promise<string | undefined> {
    const { cloud, progress, signal } = this.options;
    const { table, tableName } = this.watching();
    const reader = { showJob: (id: string) => showJob(table, tableName, id) };
    const say = progress.say;
    const job = await followJob(reader, jobId, {
      ...{ signal, say, since, label, longestWaitSeconds: READ_EVERY_SECONDS },
    });
    const { video, metadata } = job;
    const noVideo = noVideoText(job);
    if (noVideo !== undefined || !video) {
      say(`\n${noVideo ?? `Job ${jobId} has no video.`}`);
      return undefined;
    }
    // Another npm start dropped it, and saves it where its person wants it.
    if (DROP_ID in metadata && !this.own.has(jobId)) return undefined;
    const name = videoName(key);
    const file =
      out === undefined
        ? await saveVideo(cloud.clients.s3, video, this.videoFolder, name)
        : await saveVideoAs(cloud.clients.s3, video, out, name);
    say(`       saved    ${label}  ${file}`);
    return file;
  }

  /** Follows every further job, until the person leaves. */
  async stay(since: Date): Promise<void> {
    const { progress, signal } = this.options;
    const followed: Promise<void>[] = [];
    await watchNewJobs(this.watching(), since, this.known, {
      onJob: (state) => followed.push(this.followFurther(state)),
      onError: (error) =>
        progress.say(`The job table cannot be read (${messageOf(error)}). Trying again; Ctrl-C to leave.`),
    });
    await Promise.all(followed);
    signal.throwIfAborted();
  }

  private async followFurther(state: JobState): Promise<void> {
    const short = `job ${state.jobId.slice(0, 6)}…`;
    const key = state.source ? pictureName(state.source) : state.outputKey;
    try {
      // Only the bucket knows when it was dropped: these seconds count from its acceptance.
      await this.follow({
        jobId: state.jobId,
        key,
        since: state.createdAt,
        // People drop the same picture again and again.
        label: state.source ? `${key} (${short})` : short,
      });
    } catch (error) {
      if (!this.options.signal.aborted) this.options.progress.say(`  ${key}: ${messageOf(error)}`);
    }
  }

  private addOwn(jobId: string): void {
    this.known.add(jobId);
    this.own.add(jobId);
  }

  private watching() {
    const { cloud, signal } = this.options;
    return {
      table: cloud.clients.table,
      tableName: outputOf(cloud.outputs, 'JobTableName'),
      signal,
      logFile: join(cloud.folder, 'ministack.log'),
    };
  }

  private get videoFolder(): string {
    return this.options.videoFolder ?? join(defaultBaseFolder, 'videos');
  }
}
