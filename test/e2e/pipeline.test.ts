import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { isEnded } from '../../core/job.ts';
import { Mp4Inspector } from '../../core/mp4.ts';
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts';
import { findJobByMetadata, type JobSnapshot, readJob } from '../../local/job-reader.ts';
import { ensurePythonEnvironment } from '../../local/python-environment.ts';
import { signedFetch } from '../../local/signed-fetch.ts';
import { freePort } from '../support/free-port.ts';

// The real template on the local cloud with IAM enforced, against the simulated gateway. Waits are shrunk, nothing else.
const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
const folder = mkdtempSync(join(tmpdir(), 'startframe-e2e-'));
let cloud: LocalCloud;
let sfn: SFNClient;
let sqs: SQSClient;
let eventsQueue: string;
let dropsQueue: string;
const events: {
  id: string;
  type: string;
  sequence: number;
  jobId: string;
  detail: Record<string, unknown>;
}[] = [];

beforeAll(async () => {
  cloud = await startLocalCloud({
    port: await freePort(),
    baseFolder: folder,
    waitScale: 0.05,
    simulated: { seconds: 2 },
    providerSettings: {
      firstWaitSeconds: 20,
      pollStepSeconds: 20,
      deadlineSeconds: 50,
      doubtSeconds: 5,
      retentionSeconds: 60,
    },
  });
  sfn = new SFNClient(cloud.access);
  sqs = new SQSClient(cloud.access);
  eventsQueue = await subscribe('every-event', output('EventBusName'), 'startframe');
  dropsQueue = await subscribe('every-drop', 'default', 'aws.s3');
}, 300_000);

afterAll(async () => {
  await cloud?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** What a bus is told goes into a queue as well, as another consumer would have it. */
const subscribe = async (name: string, bus: string, source: string): Promise<string> => {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const bridge = new EventBridgeClient(cloud.access);
  const rule = { Name: name, EventBusName: bus };
  await bridge.send(new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: [source] }) }));
  await bridge.send(
    new PutTargetsCommand({
      Rule: name,
      EventBusName: bus,
      Targets: [{ Id: 'queue', Arn: Attributes?.QueueArn }],
    }),
  );
  return QueueUrl;
};

/** The very event by which S3 told of a drop. */
const dropEvent = async (key: string): Promise<string> => {
  for (let tries = 0; tries < 40; tries += 1) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: dropsQueue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    const found = Messages.find(({ Body = '' }) => Body.includes(JSON.stringify(key)));
    if (found?.Body) return found.Body;
  }
  throw new Error(`S3 told nobody of ${key}.`);
};

const Envelope = z.object({
  source: z.literal('startframe'),
  'detail-type': z.string(),
  detail: z.looseObject({ eventId: z.string(), sequence: z.number(), jobId: z.string() }),
});

const collectEvents = async (): Promise<void> => {
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: eventsQueue, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return;
    for (const { Body = '' } of Messages) {
      const { 'detail-type': type, detail } = Envelope.parse(JSON.parse(Body));
      events.push({ id: detail.eventId, type, sequence: detail.sequence, jobId: detail.jobId, detail });
    }
  }
};

const output = (name: string): string => {
  const value = cloud.outputs[name];
  if (value === undefined) throw new Error(`The stack has no output ${name}.`);
  return value;
};

interface Dropped {
  readonly key: string;
  /** Comes back in the job's metadata: what tells one drop from the next, whatever the cloud puts into its events. */
  readonly dropId: string;
}

const drop = async (
  key: string,
  body: Uint8Array | string,
  metadata: Record<string, string> = {},
): Promise<Dropped> => {
  const bucket = output('InboxBucketName');
  const dropId = randomUUID();
  const Metadata = { ...metadata, 'drop-id': dropId };
  await cloud.clients.s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(body), Metadata }),
  );
  return { key, dropId };
};

const jobOf = ({ dropId }: Dropped): Promise<string | undefined> =>
  findJobByMetadata(cloud.clients.table, output('JobTableName'), 'drop-id', dropId);

const until = async (
  dropped: Dropped,
  isThere: (job: JobSnapshot) => boolean,
  seconds = 100,
): Promise<JobSnapshot> => {
  const deadline = Date.now() + seconds * 1000;
  let job: JobSnapshot | undefined;
  while (Date.now() < deadline) {
    const jobId = job?.state.jobId ?? (await jobOf(dropped));
    job = jobId === undefined ? undefined : await readJob(cloud.clients.table, output('JobTableName'), jobId);
    if (job && isThere(job)) return job;
    await sleep(250);
  }
  throw new Error(
    `The job of ${dropped.key} did not get there within ${seconds} s: ${JSON.stringify(job?.state)}`,
  );
};
const untilEnd = (dropped: Dropped, seconds?: number) =>
  until(dropped, ({ state }) => isEnded(state) || state.status === 'submit-unknown', seconds);

const videoKeys = async (prefix: string): Promise<string[]> => {
  const { Versions = [] } = await cloud.clients.s3.send(
    new ListObjectVersionsCommand({ Bucket: output('VideoBucketName'), Prefix: `videos/${prefix}` }),
  );
  return Versions.map(({ Key = '' }) => Key).sort();
};

const read = async (key: string): Promise<Buffer> => {
  const { Body } = await cloud.clients.s3.send(
    new GetObjectCommand({ Bucket: output('VideoBucketName'), Key: key }),
  );
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};

/** ffmpeg decodes every frame, or says why not. */
const play = async (bytes: Buffer): Promise<string> => {
  const file = join(folder, 'play.mp4');
  writeFileSync(file, bytes);
  const { ffmpeg } = await ensurePythonEnvironment().then((python) => ({ ffmpeg: python.ffmpeg() }));
  return execFileSync(ffmpeg, ['-v', 'error', '-i', file, '-f', 'null', '-'], { encoding: 'utf8' });
};

describe('a dropped picture', () => {
  it('becomes a playable video, items, a manifest and events', async () => {
    const key = 'ünïcode folder/paper+boat (1).jpg';
    const dropped = await drop(key, frame, {
      prompt: encodeURIComponent('Das Boot fährt los.'),
      'aspect-ratio': '9:16',
      campaign: 'spring',
    });
    const { state, events: timeline } = await untilEnd(dropped);
    const { jobId } = state;
    expect(state).toMatchObject({
      status: 'succeeded',
      owner: 'drop',
      run: 1,
      provider: 'simulated',
      priceMicros: 800_000,
    });

    expect(await videoKeys(key)).toEqual([`videos/${key}.job.json`, `videos/${key}.mp4`]);
    const bytes = await read(`videos/${key}.mp4`);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(state.video?.sha256);
    const inspector = new Mp4Inspector();
    inspector.push(bytes);
    expect(inspector.finish()).toMatchObject({ width: 720, height: 1280 });
    expect(state.video?.durationSeconds).toBeCloseTo(8, 0);
    expect(await play(bytes)).toBe('');

    const manifest: unknown = JSON.parse((await read(`videos/${key}.job.json`)).toString());
    expect(manifest).toMatchObject({
      jobId,
      request: { prompt: 'Das Boot fährt los.', aspectRatio: '9:16', metadata: { campaign: 'spring' } },
      provider: { id: 'simulated', dialect: 'gptproto', taskId: state.task?.id },
      videos: [{ sha256: state.video?.sha256 }],
    });
    expect(JSON.stringify(manifest)).not.toContain(cloud.gatewayKey);

    expect(timeline.map(({ type }) => type)).toEqual([
      'Video Job Accepted',
      'Video Job Submitted',
      'Video Job Succeeded',
    ]);
    await sleep(2000);
    await collectEvents();
    const published = events.filter((event) => event.jobId === jobId);
    expect(new Set(published.map(({ id }) => id))).toEqual(
      new Set([`${jobId}:1`, `${jobId}:2`, `${jobId}:3`]),
    );
    expect(published.find(({ sequence }) => sequence === 3)).toMatchObject({
      type: 'Video Job Succeeded',
      detail: {
        bucket: output('VideoBucketName'),
        key: `videos/${key}.mp4`,
        sha256: state.video?.sha256,
        metadata: { campaign: 'spring' },
      },
    });

    const { status } = await sfn.send(
      new DescribeExecutionCommand({
        executionArn: `${output('StateMachineArn').replace(':stateMachine:', ':execution:')}:${jobId}-1`,
      }),
    );
    expect(status).toBe('SUCCEEDED');
  }, 180_000);

  it('is ordered once although its event comes three times, and again when it is written again', async () => {
    const dropped = await drop('twice.jpg', frame, { prompt: 'Twice. [[fault:nsfw-note]]' });
    const original = await dropEvent(dropped.key);
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    const uploads = QueueUrls.find((url) => /UploadTriggerUploads/.test(url));
    for (let copy = 0; copy < 2; copy += 1)
      await sqs.send(new SendMessageCommand({ QueueUrl: uploads, MessageBody: original }));
    await untilEnd(dropped);
    await sleep(3000);
    const ordered = () =>
      cloud.gateway?.ledger().tasks.filter(({ prompt }) => prompt.startsWith('Twice.')).length;
    expect(ordered()).toBe(1);
    const again = await drop('twice.jpg', frame, { prompt: 'Twice. [[fault:nsfw-note]]' });
    expect((await untilEnd(again)).state.status).toBe('succeeded');
    expect(ordered()).toBe(2);
    // Both versions are kept, each known by its job.
    expect(await videoKeys('twice.jpg.mp4')).toHaveLength(2);
  }, 180_000);

  it('that is a text file is refused and never ordered', async () => {
    const dropped = await drop('notes.png', 'I am no picture.', { prompt: 'Refused' });
    const { state, events: timeline } = await untilEnd(dropped);
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'INVALID_FRAME', charged: 'no' } });
    expect(timeline.map(({ type }) => type)).toEqual(['Video Job Accepted', 'Video Job Failed']);
    expect(cloud.gateway?.ledger().submitLog.some(({ prompt }) => prompt === 'Refused')).toBe(false);
  }, 120_000);

  it('that is a folder is nothing', async () => {
    const dropped = await drop('folder/', '');
    await untilEnd(await drop('behind-it.png', 'no picture'));
    expect(await jobOf(dropped)).toBeUndefined();
  }, 60_000);
});

describe('every dialect', () => {
  it.each([
    ['gemini', '6', 6],
    ['openai-video', '8', 8],
  ])(
    '%s makes a video from the same drop',
    async (dialect, asked, seconds) => {
      const { state } = await untilEnd(
        await drop(`${dialect}.jpg`, frame, {
          provider: `simulated-${dialect}`,
          prompt: `In ${dialect}.`,
          'duration-seconds': asked,
          'aspect-ratio': '9:16',
        }),
      );
      expect(state).toMatchObject({
        status: 'succeeded',
        provider: `simulated-${dialect}`,
        model: 'veo-3.1-fast-generate-preview',
        video: { width: 720, height: 1280 },
      });
      expect(state.video?.durationSeconds).toBeCloseTo(seconds, 0);
      expect(await play(await read(`videos/${dialect}.jpg.mp4`))).toBe('');
      const tasks = cloud.gateway?.ledger().tasks.filter(({ prompt }) => prompt === `In ${dialect}.`);
      expect(tasks).toMatchObject([{ dialect, charged: true }]);
    },
    120_000,
  );
});

describe('an order by HTTP', () => {
  const Job = z.looseObject({ jobId: z.string(), status: z.string() });
  const body = (frame: string) =>
    JSON.stringify({ frame: { s3Uri: `s3://${output('FrameBucketName')}/${frame}` }, prompt: 'By HTTP.' });

  const call = (method: string, path: string, content?: string, headers: Record<string, string> = {}) =>
    signedFetch(cloud.access, new URL(`${output('ApiUrl')}${path}`), {
      method,
      headers,
      ...(content === undefined ? {} : { body: content }),
    });

  it('becomes a video, once for one Idempotency-Key', async () => {
    await cloud.clients.s3.send(
      new PutObjectCommand({ Bucket: output('FrameBucketName'), Key: 'ordered.jpg', Body: frame }),
    );
    const order = () => call('POST', '/jobs', body('ordered.jpg'), { 'idempotency-key': 'one' });
    const first = await order();
    expect(first.status).toBe(202);
    const { jobId } = Job.parse(await first.json());
    expect(Job.parse(await (await order()).json()).jobId).toBe(jobId);
    for (let tries = 0; tries < 200; tries += 1) {
      const { status, ...job } = Job.parse(await (await call('GET', `/jobs/${jobId}`)).json());
      if (status === 'succeeded') {
        expect(job).toMatchObject({ video: { key: expect.stringContaining(`/${jobId}.mp4`) } });
        expect(cloud.gateway?.ledger().tasks.filter(({ prompt }) => prompt === 'By HTTP.')).toHaveLength(1);
        return;
      }
      await sleep(250);
    }
    throw new Error('The job did not succeed within 50 s.');
  }, 120_000);

  it('is refused unless it is signed', async () => {
    const answer = await fetch(`${output('ApiUrl')}/jobs`, { method: 'POST', body: body('ordered.jpg') });
    expect(answer.status).toBe(403);
  });
});
