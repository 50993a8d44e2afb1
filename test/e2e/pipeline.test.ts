import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
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
import { Mp4Inspector } from '../../core/media/mp4/mp4-inspector.ts';
import type { JobSnapshot } from '../../local/job-reader.ts';
import { ensurePythonEnvironment } from '../../local/python-environment.ts';
import { isOver, TestStack } from '../support/clouds/test-stack.ts';

// The real template on the local cloud with IAM enforced, against the simulated gateway. Waits are shrunk, nothing else.
const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
let stack: TestStack;
let folder: string;
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
  folder = mkdtempSync(join(tmpdir(), 'startframe-play-'));
  stack = await TestStack.join('rough', { role: 'drops' });
  sfn = new SFNClient(stack.cloud.access);
  sqs = new SQSClient(stack.cloud.access);
  eventsQueue = await subscribe('every-event', stack.output('EventBusName'), 'startframe');
  dropsQueue = await subscribe('every-drop', 'default', 'aws.s3');
}, 300_000);

afterAll(() => {
  stack?.leave();
  rmSync(folder, { recursive: true, force: true });
});

/** What a bus is told goes into a queue as well, as another consumer would have it. */
const subscribe = async (name: string, bus: string, source: string): Promise<string> => {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const bridge = new EventBridgeClient(stack.cloud.access);
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
  const dropId = randomUUID();
  await stack.put('InboxBucketName', key, body, { ...metadata, 'drop-id': dropId });
  return { key, dropId };
};

const jobOf = ({ dropId }: Dropped): Promise<string | undefined> => stack.jobBy('drop-id', dropId);

const untilEnd = (dropped: Dropped): Promise<JobSnapshot> => stack.until(() => jobOf(dropped), isOver);

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

    expect(await stack.videoKeys(key)).toEqual([`videos/${key}.job.json`, `videos/${key}.mp4`]);
    const bytes = await stack.readVideo(`videos/${key}.mp4`);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(state.video?.sha256);
    const inspector = new Mp4Inspector();
    inspector.push(bytes);
    expect(inspector.finish()).toMatchObject({ width: 720, height: 1280 });
    expect(state.video?.durationSeconds).toBeCloseTo(8, 0);
    expect(await play(bytes)).toBe('');

    const manifest: unknown = JSON.parse((await stack.readVideo(`videos/${key}.job.json`)).toString());
    expect(manifest).toMatchObject({
      jobId,
      request: { prompt: 'Das Boot fährt los.', aspectRatio: '9:16', metadata: { campaign: 'spring' } },
      provider: { id: 'simulated', dialect: 'gptproto', taskId: state.task?.id },
      videos: [{ sha256: state.video?.sha256 }],
    });
    expect(JSON.stringify(manifest)).not.toContain(stack.cloud.gatewayKey);

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
        bucket: stack.output('VideoBucketName'),
        key: `videos/${key}.mp4`,
        sha256: state.video?.sha256,
        metadata: { campaign: 'spring' },
      },
    });

    const { status } = await sfn.send(
      new DescribeExecutionCommand({
        executionArn: `${stack.output('StateMachineArn').replace(':stateMachine:', ':execution:')}:${jobId}-1`,
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
    const ordered = async () => (await stack.ordered('Twice.')).length;
    expect(await ordered()).toBe(1);
    const again = await drop('twice.jpg', frame, { prompt: 'Twice. [[fault:nsfw-note]]' });
    expect((await untilEnd(again)).state.status).toBe('succeeded');
    expect(await ordered()).toBe(2);
    // Both versions are kept, each known by its job.
    expect(await stack.videoKeys('twice.jpg.mp4')).toHaveLength(2);
  }, 180_000);

  it('that is a text file is refused and never ordered', async () => {
    const dropped = await drop('notes.png', 'I am no picture.', { prompt: 'Refused' });
    const { state, events: timeline } = await untilEnd(dropped);
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'INVALID_FRAME', charged: 'no' } });
    expect(timeline.map(({ type }) => type)).toEqual(['Video Job Accepted', 'Video Job Failed']);
    expect((await stack.ledger()).submitLog.some(({ prompt }) => prompt === 'Refused')).toBe(false);
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
      expect(await play(await stack.readVideo(`videos/${dialect}.jpg.mp4`))).toBe('');
      expect(await stack.ordered(`In ${dialect}.`)).toMatchObject([{ dialect, charged: true }]);
    },
    120_000,
  );
});

describe('an order by HTTP', () => {
  const body = () => ({
    frame: { s3Uri: `s3://${stack.output('FrameBucketName')}/ordered.jpg` },
    prompt: 'By HTTP.',
  });

  it('becomes a video, once for one Idempotency-Key', async () => {
    await stack.put('FrameBucketName', 'ordered.jpg', frame);
    const order = () => stack.call('POST', '/jobs', body(), { 'idempotency-key': 'one' });
    const first = await order();
    expect(first.status).toBe(202);
    const jobId = first.body.jobId ?? '';
    expect((await order()).body.jobId).toBe(jobId);
    await stack.until(jobId, isOver);
    expect(await stack.call('GET', `/jobs/${jobId}`)).toMatchObject({
      status: 200,
      body: { status: 'succeeded', video: { key: expect.stringContaining(`/${jobId}.mp4`) } },
    });
    expect(await stack.ordered('By HTTP.')).toHaveLength(1);
  }, 120_000);

  it('is refused unless it is signed', async () => {
    const url = `${stack.output('ApiUrl')}/jobs`;
    expect((await fetch(url, { method: 'POST', body: JSON.stringify(body()) })).status).toBe(403);
  });
});
