import { join } from 'node:path';
import type { JobState } from '../core/jobs/job.ts';
import type { LocalCloud } from './cloud.ts';
import { defaultBaseFolder } from './cloud-folder.ts';
import { orderVideo } from './create-job.ts';
import { DROP_ID, type Drop, dropImage } from './drop.ts';
import { messageOf } from './error-facts.ts';
import { outcomeOf, stopText } from './job-course.ts';
import { readJob } from './job-reader.ts';
import { outputOf } from './outputs.ts';
import type { Progress } from './progress.ts';
import { saveVideo, saveVideoAs, videoName } from './save-video.ts';
import { findDropped, followJob, watchNewJobs } from './watch-jobs.ts';

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
  readonly since: Date;
  /** How it is called in the terminal; its key when left out. */
  readonly label?: string;
}

/** A file name from the words of a prompt: `A boat, at sea.` → `a-boat-at-sea.txt`. The ending goes with the video's name. */
const nameOf = (prompt: string): string => {
  const words = prompt.toLowerCase().match(/[\p{Letter}\p{Number}]+/gu) ?? [];
  const name = words.slice(0, 6).join('-').slice(0, 60);
  return `${name || 'video'}.txt`;
};

/** One person's session at the local cloud: what is dropped, and what becomes of it. */
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
    this.known.add(jobId);
    this.own.add(jobId);
    this.options.progress.say(`  job ${jobId}`);
    return { jobId, key: drop.key, since: drop.at };
  }

  /** Orders a video of a prompt alone. */
  async order(asked: Readonly<Record<string, string>>): Promise<FollowedJob> {
    const since = new Date();
    const jobId = await orderVideo(this.options.cloud, asked);
    this.known.add(jobId);
    this.own.add(jobId);
    this.options.progress.say(`\nordered by the API\n  job ${jobId}`);
    return { jobId, key: nameOf(asked.prompt ?? ''), since };
  }

  /** Shows the job's course to its end. Answers the saved video's file; nothing when there is no video, which is then told. */
  async follow({ jobId, key, since, label = key }: FollowedJob, out?: string): Promise<string | undefined> {
    const { cloud, progress } = this.options;
    const state = await followJob({
      ...this.watching(),
      jobId,
      since,
      onNews: (text, seconds) => progress.say(`  ${seconds.toFixed(1).padStart(5)} s  ${label}  ${text}`),
    });
    const { video } = state;
    if (outcomeOf(state) !== 'succeeded' || !video) {
      progress.say(`\n${stopText(state)}`);
      return undefined;
    }
    // Another npm start dropped it, and saves it where its person wants it.
    if (await this.isForeign(jobId)) return undefined;
    const name = videoName(key);
    const file =
      out === undefined
        ? await saveVideo(cloud.clients.s3, video, this.videoFolder, name)
        : await saveVideoAs(cloud.clients.s3, video, out, name);
    progress.say(`  saved   ${label}  ${file}`);
    return file;
  }

  /** Follows every further job, until the person leaves. */
  async stay(since: Date): Promise<void> {
    const { progress, signal } = this.options;
    const courses: Promise<void>[] = [];
    await watchNewJobs(
      this.watching(),
      since,
      this.known,
      (state) => courses.push(this.followFurther(state)),
      (error) =>
        progress.say(`The job table cannot be read (${messageOf(error)}). Trying on; Ctrl-C to leave.`),
    );
    await Promise.all(courses);
    signal.throwIfAborted();
  }

  private async followFurther(state: JobState): Promise<void> {
    const key = state.source?.key ?? state.outputKey;
    try {
      // When it was dropped only the bucket knows: these seconds count from its acceptance.
      await this.follow({
        jobId: state.jobId,
        key,
        since: new Date(state.createdAt),
        // People drop the same picture again and again.
        label: `${key} (job ${state.jobId.slice(0, 6)}…)`,
      });
    } catch (error) {
      if (!this.options.signal.aborted) this.options.progress.say(`  ${key}: ${messageOf(error)}`);
    }
  }

  private async isForeign(jobId: string): Promise<boolean> {
    if (this.own.has(jobId)) return false;
    const { table, tableName } = this.watching();
    const job = await readJob(table, tableName, jobId);
    return job?.events.some(({ metadata }) => DROP_ID in metadata) ?? false;
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
