import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { tombstoneOf } from '../../../core/jobs/deletion.ts';
import { dropJobId } from '../../../core/kernel/ids.ts';
import type { handler as Accept } from '../../../lambdas/accept-upload.ts';
import type { handler as Sweep } from '../../../lambdas/sweep-inbox.ts';
import { buckets, startAws, type TestAws } from '../../support/aws.ts';
import { itemsOf, putItem } from '../../support/job-items.ts';
import { acceptedState, jobRequest, runtimeSettings } from '../../support/jobs.ts';
import { uploadMessage } from '../../support/lambda.ts';
import { png } from '../../support/pictures.ts';

// Drops whose event never came, in a real bucket; the clock of the functions runs ahead.

let aws: TestAws;
let sweep: typeof Sweep;
let accept: typeof Accept;
const SWEEP = { pk: 'INBOX', sk: 'SWEEP' };
const MINUTE = 60_000;

beforeAll(async () => {
  aws = await startAws(runtimeSettings());
  ({ handler: sweep } = await import('../../../lambdas/sweep-inbox.ts'));
  ({ handler: accept } = await import('../../../lambdas/accept-upload.ts'));
}, 120_000);
afterAll(() => aws.stop());

const at = (ms: number) => new Date(ms).toISOString();
/** The inbox was swept for days; the tests drop into it now. */
beforeEach(async () => {
  const long = at(Date.now() - 100 * 60 * MINUTE);
  await putItem({ ...SWEEP, revision: 1, since: long, checkedUntil: long, roundStartedAt: at(Date.now()) });
});

const sweepIn = async (minutes: number): Promise<void> => {
  jest.useFakeTimers({
    doNotFake: [
      'nextTick',
      'queueMicrotask',
      'setImmediate',
      'setInterval',
      'setTimeout',
      'clearImmediate',
      'clearInterval',
      'clearTimeout',
      'performance',
      'hrtime',
    ],
    now: Date.now() + minutes * MINUTE,
  });
  try {
    await sweep();
  } finally {
    jest.useRealTimers();
  }
};

const drop = async (key: string, metadata?: Record<string, string>) => {
  const versionId = await aws.put(key, png(), metadata);
  const jobId = dropJobId({ bucket: buckets.inbox, key, versionId, sequencer: '' });
  return { key, versionId, jobId, event: uploadMessage(buckets.inbox, { key, 'version-id': versionId }) };
};
const stateOf = async (jobId: string) => (await aws.items(jobId)).STATE;

describe('a drop whose event never came', () => {
  it('gets the job that the event would have made, after ten minutes', async () => {
    const { jobId, event } = await drop('lost é+1.png', { prompt: 'A shoe turns.' });
    await sweepIn(9);
    expect(await stateOf(jobId)).toBeUndefined();
    await sweepIn(11);
    const items = await aws.items(jobId);
    expect(items.STATE).toMatchObject({
      status: 'accepted',
      owner: 'drop',
      run: 1,
      source: { key: 'lost é+1.png' },
    });
    expect(items.REQUEST).toMatchObject({ parameters: { prompt: 'A shoe turns.' } });
    // The event comes late, and the next sweep comes.
    await accept({ Records: [event] });
    await sweepIn(16);
    expect(await aws.items(jobId)).toEqual(items);
  });

  it('is not taken up after 48 hours', async () => {
    const { jobId } = await drop('ancient.png');
    await sweepIn(48 * 60 + 1);
    expect(await stateOf(jobId)).toBeUndefined();
  });

  it('is not taken up when it was written before the stage was deployed', async () => {
    const { jobId } = await drop('before.png');
    const later = at(Date.now() + 5 * MINUTE);
    await putItem({ ...SWEEP, revision: 1, since: later, checkedUntil: later, roundStartedAt: later });
    await sweepIn(20);
    expect(await stateOf(jobId)).toBeUndefined();
  });

  it('is not taken up when its job was deleted, or the object was', async () => {
    const [deleted, removed] = [await drop('deleted.png'), await drop('removed.png')];
    const state = { ...acceptedState(), jobId: deleted.jobId };
    const tombstone = tombstoneOf({ state, request: jobRequest() }, 'anna', at(Date.now()));
    await putItem({ pk: `J#${deleted.jobId}`, sk: 'STATE', ...tombstone });
    await aws.remove(removed.key);
    await sweepIn(11);
    expect(await aws.items(deleted.jobId)).toEqual({ STATE: expect.objectContaining({ deletedBy: 'anna' }) });
    expect(await stateOf(removed.jobId)).toBeUndefined();
  });

  it('is taken up once, in its newest version, when a person dropped it again', async () => {
    const [first, second] = [await drop('again.png'), await drop('again.png')];
    await sweepIn(11);
    expect(await stateOf(first.jobId)).toBeUndefined();
    expect(await stateOf(second.jobId)).toMatchObject({ status: 'accepted' });
  });
});

describe('a sweep', () => {
  it('goes on where the last one stopped, and keeps how far it came', async () => {
    const [one, two] = [await drop('page/1.png'), await drop('page/2.png')];
    await putItem({
      ...(await itemsOf('INBOX'))[0],
      cursor: { key: 'page/1.png', versionId: one.versionId },
    });
    await sweepIn(11);
    expect(await stateOf(one.jobId)).toBeUndefined();
    expect(await stateOf(two.jobId)).toMatchObject({ status: 'accepted' });
    const [swept] = await itemsOf('INBOX');
    expect(swept).not.toHaveProperty('cursor');
    await sweepIn(17);
    expect(await stateOf(one.jobId)).toMatchObject({ status: 'accepted' });
  });

  it('costs a read, a page and a write when nothing is missing', async () => {
    await sweepIn(30);
    await putItem({ ...(await itemsOf('INBOX'))[0], checkedUntil: at(Date.now() + 120 * MINUTE) });
    const [table, s3] = [
      jest.spyOn(DynamoDBDocumentClient.prototype, 'send'),
      jest.spyOn(S3Client.prototype, 'send'),
    ];
    await sweepIn(121);
    const names = [...s3.mock.calls, ...table.mock.calls].map(([command]) => command.constructor.name);
    expect(names).toEqual(['ListObjectVersionsCommand', 'GetCommand', 'PutCommand']);
    for (const spy of [table, s3]) spy.mockRestore();
  });

  it('fails when a drop could not be taken up, takes up the others, and checks it again', async () => {
    const [bad, good] = [await drop('bad/1.png'), await drop('bad/2.png')];
    // No job can be made of it: its item is something else's.
    const broken = { pk: `J#${bad.jobId}`, sk: 'REQUEST' };
    await putItem({ ...broken, isNone: true });
    await expect(sweepIn(11)).rejects.toThrow(/1 drop/);
    expect(await stateOf(good.jobId)).toMatchObject({ status: 'accepted' });
    const [{ checkedUntil } = {}] = await itemsOf('INBOX');
    expect(String(checkedUntil) < at(Date.now() - 60 * MINUTE)).toBe(true);
  });
});
