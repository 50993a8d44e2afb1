import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { startLocalCloud } from '../../local/cloud.ts';
import { Endings } from '../../local/endings.ts';
import type { JobSnapshot } from '../../local/job-reader.ts';
import { findFreePort } from '../../local/ports.ts';
import { JoinedCloud } from '../support/clouds/joined-cloud.ts';
import { TestStack } from '../support/clouds/test-stack.ts';
import { releases } from '../support/releases.ts';
import { startReleasedCloud } from './released-cloud.ts';

// An earlier release makes videos on the local cloud; the present one is deployed over it, and its jobs end right.

const frame = readFileSync(join(__dirname, '../../examples/frame.jpg'));
const providerSettings = {
  firstWaitSeconds: 20,
  pollStepSeconds: 20,
  deadlineSeconds: 900,
  retentionSeconds: 1800,
  maxInFlight: 2,
};
const waitScale = 0.05;

const PAUSED = 'simulated-openai-video';
const SUBMITTED_TWICE = 'once unknown, then confirmed';

describe.each(releases)('the present version deployed over %s', (release) => {
  const endings = new Endings();
  let before: TestStack;
  let after: TestStack;
  const jobs = new Map<string, string>();
  const earlierItems = new Map<string, readonly Record<string, unknown>[]>();

  const request = async (name: string, body: Record<string, unknown> = {}): Promise<string> => {
    const frameLocation = `s3://${before.output('FrameBucketName')}/frame.jpg`;
    const jobId = await before.order({ prompt: name, frame: { s3Uri: frameLocation }, ...body });
    jobs.set(name, jobId);
    return jobId;
  };
  const jobOf = (name: string): string => jobs.get(name) ?? '';
  const itemsOf = async (pk: string): Promise<Record<string, unknown>[]> => {
    const { Items = [] } = await before.clients.table.send(
      new QueryCommand({
        TableName: before.output('JobTableName'),
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
      }),
    );
    return Items;
  };
  const isIn =
    (status: JobSnapshot['state']['status']) =>
    ({ state }: JobSnapshot) =>
      state.status === status;
  const hasEnded = ({ state }: JobSnapshot) => ['succeeded', 'failed', 'cancelled'].includes(state.status);

  beforeAll(async () => {
    const baseFolder = mkdtempSync(join(tmpdir(), 'startframe-upgrade-'));
    endings.add(() => rmSync(baseFolder, { recursive: true, force: true }));
    const port = (await findFreePort(20_000 + Math.floor(Math.random() * 12_000))) ?? 0;
    const cloud = await startReleasedCloud({
      release,
      port,
      baseFolder,
      waitScale,
      providerSettings,
      endings,
    });
    before = TestStack.of(cloud);
    await before.put('FrameBucketName', 'frame.jpg', frame);

    // Made before the deploy.
    await request('done before');
    await before.until(jobOf('done before'), isIn('succeeded'));
    // Two are made and take their time, so that two wait for their slots.
    for (const name of ['made 1', 'made 2']) {
      await request(`${name} [[fault:late(40s)]]`);
      await before.until(jobOf(`${name} [[fault:late(40s)]]`), isIn('running'));
    }
    for (const name of ['waits 1', 'waits 2']) {
      await request(name);
      await before.until(jobOf(name), isIn('queued'));
    }
    // An admin pauses a provider: its jobs wait.
    await before.call('POST', `/providers/${PAUSED}/pause`, { reason: 'the upgrade' });
    for (const name of ['paused', 'cancelled after']) {
      await request(name, { provider: PAUSED, model: 'veo-3.1-fast-generate-preview' });
      await before.until(jobOf(name), isIn('queued'));
    }
    // Charged, and nobody knows.
    const unknown = `${SUBMITTED_TWICE} [[fault:500-after(1)]]`;
    await request(unknown, { provider: 'simulated-gemini', model: 'veo-3.1-fast-generate-preview' });
    await before.until(jobOf(unknown), isIn('submit-unknown'));
    for (const [name, jobId] of jobs) earlierItems.set(name, await itemsOf(`J#${jobId}`));
    earlierItems.set('provider', await itemsOf(`PROVIDER#${PAUSED}`));

    const upgraded = await startLocalCloud({ port, baseFolder, waitScale, providerSettings });
    endings.add(() => upgraded.stop());
    after = TestStack.of(JoinedCloud.parse({ ...upgraded, frameOrigin: '', roles: {} }));
  });
  afterAll(() => endings.run());

  test('the earlier release wrote its own names, so this test is about them', () => {
    expect(earlierItems.get('paused')).toContainEqual(expect.objectContaining({ place: expect.any(String) }));
    expect(earlierItems.get('provider')).toContainEqual(
      expect.objectContaining({ hold: expect.objectContaining({ reason: 'the upgrade' }) }),
    );
  });

  test('keeps the table, the buckets and the addresses', () => {
    const kept = ['JobTableName', 'InboxBucketName', 'FrameBucketName', 'VideoBucketName', 'StateMachineArn'];
    for (const name of [...kept, 'ApiUrl']) expect(after.output(name)).toBe(before.output(name));
  });

  test('makes the videos that were being made, and those that waited for a slot', async () => {
    const names = [...jobs.keys()].filter((name) => /^(made|waits)/.test(name));
    expect(names).toHaveLength(4);
    for (const name of names) {
      const { state } = await after.until(jobOf(name), hasEnded, 240);
      expect(state).toMatchObject({ status: 'succeeded' });
    }
  });

  test('keeps a provider paused until an admin resumes it, and its queue', async () => {
    expect((await after.job(jobOf('paused')))?.state.status).toBe('queued');
    const cancelled = await after.call('POST', `/jobs/${jobOf('cancelled after')}/cancel`, {});
    expect(cancelled.status).toBeLessThan(300);
    await after.until(jobOf('cancelled after'), isIn('cancelled'));
    expect(await itemsOf(`QUEUE#${PAUSED}`)).toHaveLength(1);
    await after.call('POST', `/providers/${PAUSED}/resume`, {});
    await after.until(jobOf('paused'), isIn('succeeded'), 240);
    expect(await itemsOf(`QUEUE#${PAUSED}`)).toEqual([]);
    expect(await itemsOf(`PROVIDER#${PAUSED}`)).toContainEqual(
      expect.not.objectContaining({ hold: expect.anything() }),
    );
  });

  test('leaves an unanswered submit to a person, who confirms another', async () => {
    const name = [...jobs.keys()].find((each) => each.startsWith(SUBMITTED_TWICE)) ?? '';
    expect((await after.job(jobOf(name)))?.state.status).toBe('submit-unknown');
    const { status } = await after.call('POST', `/jobs/${jobOf(name)}/redrive`, { confirmResubmit: true });
    expect(status).toBeLessThan(300);
    await after.until(jobOf(name), isIn('succeeded'), 240);
  });

  test('shows what was made before', async () => {
    const { state } = (await after.job(jobOf('done before'))) ?? {};
    const { bucket: Bucket = '', key: Key = '', versionId } = state?.video ?? {};
    const video = await after.clients.s3.send(new GetObjectCommand({ Bucket, Key, VersionId: versionId }));
    expect(video.ContentLength).toBe(state?.video?.bytes);
    expect((await after.call('GET', `/jobs/${jobOf('done before')}`)).status).toBe(200);
  });

  test('submits nothing twice, and makes new videos', async () => {
    before = after;
    await request('new');
    await after.until(jobOf('new'), isIn('succeeded'), 240);
    const { submitLog } = await after.ledger();
    const counts = [...jobs.keys()].map((name) => [
      name,
      submitLog.filter(({ prompt }) => prompt === name).length,
    ]);
    expect(Object.fromEntries(counts)).toEqual(
      Object.fromEntries(
        [...jobs.keys()].map((name) => [
          name,
          name.startsWith(SUBMITTED_TWICE) ? 2 : name === 'cancelled after' ? 0 : 1,
        ]),
      ),
    );
  });
});
