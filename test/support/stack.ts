import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { isEnded } from '../../core/jobs/job.ts';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../local/cloud.ts';
import { findJobByMetadata, type JobSnapshot, readJob } from '../../local/job-reader.ts';
import { signedFetch } from '../../local/signed-fetch.ts';
import { freePort } from './free-port.ts';

const Body = z.looseObject({ jobId: z.string().optional(), title: z.string().optional() });

export interface ApiAnswer {
  readonly status: number;
  readonly body: z.infer<typeof Body>;
}

/** Over: ended, or waiting for a person's word. */
export const isOver = ({ state }: JobSnapshot): boolean =>
  isEnded(state) || state.status === 'submit-unknown';

/** The real template on a local cloud of its own, with IAM enforced, and a gateway that behaves as the test says. */
export class TestStack {
  readonly cloud: LocalCloud;
  readonly folder: string;

  private constructor(cloud: LocalCloud, folder: string) {
    this.cloud = cloud;
    this.folder = folder;
  }

  static async start(options: LocalCloudOptions): Promise<TestStack> {
    const folder = mkdtempSync(join(tmpdir(), 'startframe-e2e-'));
    const cloud = await startLocalCloud({ port: await freePort(), baseFolder: folder, ...options });
    return new TestStack(cloud, folder);
  }

  async stop(): Promise<void> {
    await this.cloud.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What the stack says of itself: names and addresses. */
  output(name: string): string {
    const value = this.cloud.outputs[name];
    if (value === undefined) throw new Error(`The stack has no output ${name}.`);
    return value;
  }

  /** A signed request to the HTTP API whose answer is taken as it comes. */
  ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
    const url = new URL(`${this.output('ApiUrl').replace(/\/+$/, '')}${path}`);
    return signedFetch(this.cloud.access, url, { method, headers, redirect: 'manual' });
  }

  /** A signed call of the HTTP API. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer> {
    const url = new URL(`${this.output('ApiUrl').replace(/\/+$/, '')}${path}`);
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await signedFetch(this.cloud.access, url, { method, headers, ...content });
    return { status: answer.status, body: Body.parse(await answer.json()) };
  }

  /** Orders by the API. Answers the job's id. */
  async order(body: Record<string, unknown>): Promise<string> {
    const { status, body: answer } = await this.call('POST', '/jobs', body);
    if (status !== 202 || !answer.jobId) throw new Error(`Not ordered: ${JSON.stringify(answer)}`);
    return answer.jobId;
  }

  async put(
    bucket: 'InboxBucketName' | 'FrameBucketName',
    key: string,
    body: Uint8Array | string,
    metadata = {},
  ) {
    await this.cloud.clients.s3.send(
      new PutObjectCommand({
        Bucket: this.output(bucket),
        Key: key,
        Body: Buffer.from(body),
        Metadata: metadata,
      }),
    );
  }

  /** The job of the drop that said this in its metadata. */
  jobBy(name: string, value: string): Promise<string | undefined> {
    return findJobByMetadata(this.cloud.clients.table, this.output('JobTableName'), name, value);
  }

  job(jobId: string): Promise<JobSnapshot | undefined> {
    return readJob(this.cloud.clients.table, this.output('JobTableName'), jobId);
  }

  /** The job, once it is there; `find` answers its id as soon as it has one. */
  async until(
    find: string | (() => Promise<string | undefined>),
    isThere: (job: JobSnapshot) => boolean,
    seconds = 100,
  ): Promise<JobSnapshot> {
    const deadline = Date.now() + seconds * 1000;
    let jobId = typeof find === 'string' ? find : undefined;
    let job: JobSnapshot | undefined;
    while (Date.now() < deadline) {
      jobId ??= typeof find === 'string' ? find : await find();
      job = jobId === undefined ? undefined : await this.job(jobId);
      if (job && isThere(job)) return job;
      await sleep(250);
    }
    throw new Error(`The job did not get there within ${seconds} s: ${JSON.stringify(job?.state)}`);
  }

  /** The keys of all versions below `videos/`, sorted. */
  async videoKeys(prefix: string): Promise<string[]> {
    const { Versions = [] } = await this.cloud.clients.s3.send(
      new ListObjectVersionsCommand({ Bucket: this.output('VideoBucketName'), Prefix: `videos/${prefix}` }),
    );
    return Versions.map(({ Key = '' }) => Key).sort();
  }

  async readVideo(key: string): Promise<Buffer> {
    const { Body: content } = await this.cloud.clients.s3.send(
      new GetObjectCommand({ Bucket: this.output('VideoBucketName'), Key: key }),
    );
    return Buffer.from((await content?.transformToByteArray()) ?? []);
  }

  /** The manifest beside a video. */
  async manifest(videoKey: string): Promise<Record<string, unknown>> {
    const text = (await this.readVideo(videoKey.replace(/\.mp4$/, '.job.json'))).toString();
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  }

  /** What the gateway was ordered with such a prompt. */
  ordered(prompt: string | ((text: string) => boolean)) {
    const ledger = this.cloud.gateway?.ledger();
    if (!ledger) throw new Error('The simulated gateway is not ours.');
    const isIt = typeof prompt === 'string' ? (text: string) => text.startsWith(prompt) : prompt;
    return ledger.tasks.filter((task) => isIt(task.prompt));
  }
}
