import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { isEnded } from '../../../core/jobs/job.ts';
import { type CloudClients, connect, environmentFor } from '../../../local/cloud-access.ts';
import { findJobByMetadata, type JobSnapshot, readJob } from '../../../local/job-reader.ts';
import { signedFetch } from '../../../local/signed-fetch.ts';
import type { CloudGroup, Role } from './groups.ts';
import { type JoinedCloud, joinCloud, type Ledger, readLedger } from './joined-cloud.ts';

const Body = z.looseObject({ jobId: z.string().optional(), title: z.string().optional() });

export interface ApiAnswer {
  readonly status: number;
  readonly body: z.infer<typeof Body>;
}

/** Over: ended, or waiting for a person's word. */
export const isOver = ({ state }: JobSnapshot): boolean =>
  isEnded(state) || state.status === 'submit-unknown';

/** Who calls the API: the root user of the account, a role, or the bearer of an API key. */
type Caller = { readonly role?: Role } | { readonly apiKey: string };

/**
 * The real template on the local cloud of a group, with IAM enforced, and its gateway. Other suites use the same cloud at the
 * same time: what a test counts, it finds by its own prompts, keys or jobs.
 */
export class TestStack {
  readonly cloud: JoinedCloud;
  readonly clients: CloudClients;
  private readonly caller: Caller;

  private constructor(cloud: JoinedCloud, clients: CloudClients, caller: Caller) {
    this.cloud = cloud;
    this.clients = clients;
    this.caller = caller;
  }

  /** Joins the cloud of a group, in the role that is named. */
  static async join(group: CloudGroup, caller: Caller = {}): Promise<TestStack> {
    const cloud = await joinCloud(group);
    return new TestStack(cloud, connect(cloud.access), caller);
  }

  /** A cloud that the test itself started. */
  static of(cloud: JoinedCloud, caller: Caller = {}): TestStack {
    return new TestStack(cloud, connect(cloud.access), caller);
  }

  /** The same stack, called by somebody else. */
  as(caller: Caller): TestStack {
    return new TestStack(this.cloud, this.clients, caller);
  }

  /** Ends the connections of this test file; the cloud stays. */
  leave(): void {
    for (const client of Object.values(this.clients)) client.destroy();
  }

  /** What the stack says of itself: names and addresses. */
  output(name: string): string {
    const value = this.cloud.outputs[name];
    if (value === undefined) throw new Error(`The stack has no output ${name}.`);
    return value;
  }

  /** The address of a path of the HTTP API. */
  url(path: string): URL {
    return new URL(`${this.output('ApiUrl').replace(/\/+$/, '')}${path}`);
  }

  /** A request to the HTTP API by the caller, whose answer is taken as it comes. */
  ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body: { readonly body?: string } = {},
  ): Promise<Response> {
    const request = { method, redirect: 'manual', ...body } as const;
    const { caller, cloud } = this;
    if ('apiKey' in caller) {
      const said = { 'content-type': 'application/json', 'x-api-key': caller.apiKey, ...headers };
      return fetch(this.url(path), { ...request, headers: said });
    }
    const credentials = caller.role === undefined ? cloud.access.credentials : cloud.roles[caller.role];
    if (!credentials) throw new Error(`The cloud has no role ${caller.role}.`);
    return signedFetch({ ...cloud.access, credentials }, this.url(path), { ...request, headers });
  }

  /** A call of the HTTP API by the caller. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer> {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await this.ask(method, path, headers, content);
    return { status: answer.status, body: Body.parse(await answer.json()) };
  }

  /** Runs `npm run keys` on the stack's table. */
  keys(...words: string[]): {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  } {
    return spawnSync(
      process.execPath,
      [join(__dirname, '../../../local/keys.ts'), ...words, '--table', this.output('JobTableName')],
      { env: environmentFor(this.cloud.access, process.env), encoding: 'utf8' },
    );
  }

  /** A new API key of an owner. */
  newKey(owner: string): string {
    const { stdout, stderr } = this.keys('add', owner);
    const key = stdout.trim();
    if (!key.startsWith('sf_')) throw new Error(`No key was made: ${stderr}`);
    return key;
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
    await this.clients.s3.send(
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
    return findJobByMetadata(this.clients.table, this.output('JobTableName'), name, value);
  }

  job(jobId: string): Promise<JobSnapshot | undefined> {
    return readJob(this.clients.table, this.output('JobTableName'), jobId);
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
    const { Versions = [] } = await this.clients.s3.send(
      new ListObjectVersionsCommand({ Bucket: this.output('VideoBucketName'), Prefix: `videos/${prefix}` }),
    );
    return Versions.map(({ Key = '' }) => Key).sort();
  }

  async readVideo(key: string): Promise<Buffer> {
    const { Body: content } = await this.clients.s3.send(
      new GetObjectCommand({ Bucket: this.output('VideoBucketName'), Key: key }),
    );
    return Buffer.from((await content?.transformToByteArray()) ?? []);
  }

  /** The manifest beside a video. */
  async manifest(videoKey: string): Promise<Record<string, unknown>> {
    const text = (await this.readVideo(videoKey.replace(/\.mp4$/, '.job.json'))).toString();
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  }

  /** What the gateway saw of all suites. */
  ledger(): Promise<Ledger> {
    return readLedger(this.cloud);
  }

  /** The tasks that the gateway made for such a prompt. */
  async ordered(prompt: string | ((text: string) => boolean)): Promise<Ledger['tasks']> {
    const isIt = typeof prompt === 'string' ? (text: string) => text.startsWith(prompt) : prompt;
    return (await this.ledger()).tasks.filter((task) => isIt(task.prompt));
  }
}
