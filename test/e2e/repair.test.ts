import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
} from '@aws-sdk/client-eventbridge';
import { DescribeExecutionCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { JobSnapshot } from '../../local/job-reader.ts';
import { TestStack } from '../support/clouds/test-stack.ts';

// The real template on the local cloud with IAM enforced: executions are killed, orders hang, persons decide. Waits of the
// workflow are shrunk; the sweeper comes every minute, as it does.

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
let stack: TestStack;
let sfn: SFNClient;
let hanging: string;
let killed: string;

beforeAll(async () => {
  stack = await TestStack.join('rough', { role: 'repairs' });
  sfn = new SFNClient(stack.cloud.access);
  await stack.put('FrameBucketName', 'frame.jpg', frame);
  // A minute until nobody answered: the other tests run meanwhile.
  hanging = await order('Hanging. [[fault:hang-after(1)]]');
}, 300_000);

afterAll(() => stack?.leave());

const call = (path: string, body: unknown = {}) => stack.call('POST', path, body);

const order = (prompt: string, asked: Record<string, unknown> = {}): Promise<string> =>
  stack.order({
    frame: { s3Uri: `s3://${stack.output('FrameBucketName')}/frame.jpg` },
    provider: 'hasty',
    prompt,
    ...asked,
  });

const until = (jobId: string, isThere: (job: JobSnapshot) => boolean, seconds = 30) =>
  stack.until(jobId, isThere, seconds);
const is =
  (...statuses: string[]) =>
  ({ state }: JobSnapshot) =>
    statuses.includes(state.status);

const executionArn = (jobId: string, run: number) =>
  `${stack.output('StateMachineArn').replace(':stateMachine:', ':execution:')}:${jobId}-${run}`;
const kill = (jobId: string) => sfn.send(new StopExecutionCommand({ executionArn: executionArn(jobId, 1) }));

const orders = async (prompt: string): Promise<number> => (await stack.ordered(prompt)).length;

describe('an execution that is killed', () => {
  it('has its job go on in another run as soon as it is told of, ordered once', async () => {
    const jobId = await order('Killed.');
    killed = jobId;
    await until(jobId, is('running'));
    await kill(jobId);
    const { state, events } = await until(jobId, is('succeeded'));
    expect(state).toMatchObject({ run: 2, attempt: 1 });
    expect(events.map(({ type, action }) => [type, action])).toContainEqual([
      'Video Job Restarted',
      'repair',
    ]);
    expect(await orders('Killed.')).toBe(1);
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn: executionArn(jobId, 2) }));
    expect(status).toBe('SUCCEEDED');
  }, 60_000);

  it('is found by the sweeper when nobody tells of it', async () => {
    const bridge = new EventBridgeClient(stack.cloud.access);
    const { Rules = [] } = await bridge.send(new ListRulesCommand({}));
    const rule = Rules.find(({ Name }) => Name?.includes('ExecutionStopped'));
    await bridge.send(new DisableRuleCommand({ Name: rule?.Name }));
    const jobId = await order('Killed unseen.');
    await until(jobId, is('running'));
    await kill(jobId);
    const { state } = await until(jobId, is('succeeded'), 90);
    // Other suites kill executions of this cloud, too.
    await bridge.send(new EnableRuleCommand({ Name: rule?.Name }));
    expect(state).toMatchObject({ run: 2, attempt: 1 });
    expect(await orders('Killed unseen.')).toBe(1);
    // Every event of the minute before is out, and needs no sweeper.
    const { events } = await until(killed, is('succeeded'));
    expect(events.filter((event) => 'due' in event)).toEqual([]);
  }, 120_000);
});

describe('a person', () => {
  it('cancels an order that waits, free', async () => {
    const prompt = 'Cancelled. [[fault:429(5, 60s)]]';
    const jobId = await order(prompt, { provider: 'busy' });
    await until(jobId, is('queued'));
    expect(await call(`/jobs/${jobId}/cancel`)).toMatchObject({
      status: 202,
      body: { status: 'cancelled', failure: { code: 'CANCELLED', charged: 'no' } },
    });
    expect(await orders('Cancelled.')).toBe(0);
  }, 60_000);

  it('cancels what is being made, where the provider can stop: nothing is charged', async () => {
    const prompt = 'Stopped. [[fault:late(60s)]]';
    const jobId = await order(prompt, {
      provider: 'simulated-openai-video',
      model: 'veo-3.1-fast-generate-preview',
    });
    await until(jobId, is('running'));
    expect((await call(`/jobs/${jobId}/cancel`)).status).toBe(202);
    const { state } = await until(jobId, is('cancelled'));
    expect(state).toMatchObject({
      run: 2,
      cancelRequest: { provider: 'asked' },
      failure: { code: 'CANCELLED', charged: expect.stringMatching(/^(no|unknown)$/) },
    });
    const task = (await stack.ledger()).tasks.find((made) => made.prompt === prompt);
    expect(task).toMatchObject({ charged: false });
  }, 60_000);

  it('cannot cancel what this provider makes already, but abandon it; the video is stored all the same', async () => {
    const jobId = await order('Abandoned.');
    await until(jobId, is('running'));
    expect(await call(`/jobs/${jobId}/cancel`)).toMatchObject({
      status: 409,
      body: { title: 'CANNOT_CANCEL' },
    });
    expect((await call(`/jobs/${jobId}/cancel`, { abandon: true })).status).toBe(202);
    const { state } = await until(jobId, is('succeeded'));
    expect(state.cancelRequest).toMatchObject({ abandon: true });
  }, 60_000);

  it('is asked about an order that nobody answered, and only their word orders again', async () => {
    const { state: unknown } = await until(hanging, is('submit-unknown'), 90);
    expect(unknown).toMatchObject({ attempt: 1, attention: { reason: 'SUBMIT_UNANSWERED' } });
    expect(await orders('Hanging.')).toBe(1);
    expect(await call(`/jobs/${hanging}/redrive`)).toMatchObject({
      status: 409,
      body: { title: 'CONFIRMATION_NEEDED', detail: expect.stringContaining('0.80 USD') },
    });
    expect((await call(`/jobs/${hanging}/redrive`, { confirmResubmit: true })).status).toBe(202);
    const { state, events } = await until(hanging, is('succeeded'));
    expect(state).toMatchObject({ run: 2, attempt: 2, atStakeMicros: 800_000 });
    expect(await orders('Hanging.')).toBe(2);
    const confirmed = events.find(({ action }) => action === 'order-again');
    expect(confirmed?.actor).toBe(state.owner);
    expect(confirmed?.actor).toMatch(/^\d{12}:/);
  }, 120_000);
});
