import { GetObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { fail } from '../../../../core/jobs/ending.ts';
import { dropJobId } from '../../../../core/kernel/ids.ts';
import { buckets } from '../../../support/aws.ts';
import { itemsOf, putItem, putJob } from '../../../support/job-items.ts';
import { at, jobRequest, runningState } from '../../../support/jobs.ts';
import { context, uploadMessage } from '../../../support/lambda.ts';
import { png } from '../../../support/pictures.ts';
import {
  acceptUpload,
  askVideo,
  aws,
  call,
  checkJob,
  owner,
  putFile,
  remove,
  setUpFiles,
  show,
  stored,
} from './job-files-builder.ts';

setUpFiles();

const versionsOf = async (prefix: string): Promise<string[]> => {
  const { Versions = [] } = await aws.s3.send(
    new ListObjectVersionsCommand({ Bucket: buckets.videos, Prefix: prefix }),
  );
  const texts = Versions.map(async ({ Key, VersionId }) => {
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: buckets.videos, Key, VersionId }));
    return `${Key} ${await Body?.transformToString()}`;
  });
  return (await Promise.all(texts)).sort();
};
const executionsOf = async (jobId: string): Promise<string[]> => {
  const { executions = [] } = await aws.sfn.send(
    new ListExecutionsCommand({ stateMachineArn: aws.stateMachineArn, maxResults: 1000 }),
  );
  return executions.map(({ name = '' }) => name).filter((name) => name.startsWith(jobId));
};

describe('DELETE /jobs/{id}', () => {
  it('deletes the record and every version of its files, and nothing of anybody else', async () => {
    // Two drops under one key, and a run that was cut off after it had stored.
    const outputKey = 'videos/shared/shoe.png.mp4';
    await putFile(outputKey, 'mine, cut off', 'd1');
    await stored('d1', ['mine', 'my second'], { outputKey });
    await putFile('videos/shared/shoe.png.job.json', 'my manifest', 'd1');
    await putFile(outputKey, 'of another job', 'd2');
    await putFile('videos/shared/shoe.png.mp4.png.mp4', 'of a longer name', 'd1');
    await putItem({ pk: 'J#d1', sk: 'EVENT#000001', eventId: 'd1:1' });
    await putItem({ pk: 'J#d1', sk: 'ATTEMPT#1', attempt: 1 });
    await putItem({ pk: 'J#d10', sk: 'STATE', of: 'another job' });
    await putItem({ pk: `STATS#${owner}#2026-01-01`, sk: 'm', micros: 5 });

    expect(await remove('d1')).toMatchObject({ status: 204, body: undefined });
    expect(await versionsOf('videos/shared/')).toEqual([
      'videos/shared/shoe.png.mp4 of another job',
      'videos/shared/shoe.png.mp4.png.mp4 of a longer name',
    ]);
    expect(await itemsOf('J#d1')).toEqual([
      {
        pk: 'J#d1',
        sk: 'STATE',
        jobId: 'd1',
        owner,
        requestHash: 'hash',
        acceptedAt: at(0),
        deletedAt: expect.any(String),
        deletedBy: owner,
        expiresAt: expect.any(Number),
      },
    ]);
    const [{ expiresAt } = {}] = await itemsOf('J#d1');
    expect(Number(expiresAt) * 1000 - Date.now()).toBeGreaterThan(89 * 86_400_000);
    expect(await itemsOf('J#d10')).toHaveLength(1);
    expect(await itemsOf(`STATS#${owner}#2026-01-01`)).toMatchObject([{ micros: 5 }]);
    for (const answer of [await show('d1'), await askVideo('d1')])
      expect(answer).toMatchObject({ status: 404, body: { title: 'NOT_FOUND' } });
    expect(
      (await call('GET /jobs', {})).body.jobs.map(({ jobId }: { jobId: string }) => jobId),
    ).not.toContain('d1');
    expect((await remove('d1')).status).toBe(204);
  });

  it('cut off, it is finished when it is sent again', async () => {
    await stored('cut', ['x']);
    await putItem({ pk: 'J#cut', sk: 'EVENT#000001', eventId: 'cut:1' });
    const bucket = process.env.VIDEO_BUCKET;
    process.env.VIDEO_BUCKET = 'no-such-bucket';
    const answer = await remove('cut');
    process.env.VIDEO_BUCKET = bucket;
    expect(answer.status).toBe(500);
    // It is gone for everybody already, and nothing of it is lost from sight.
    expect((await show('cut')).status).toBe(404);
    expect(await versionsOf('videos/cut')).toHaveLength(1);
    expect((await remove('cut')).status).toBe(204);
    expect(await versionsOf('videos/cut')).toEqual([]);
    expect((await itemsOf('J#cut')).map(({ sk }) => sk)).toEqual(['STATE']);
  });

  it('leaves an event that did not reach the bus yet to whoever brings it there', async () => {
    await stored('late', ['x']);
    await putItem({ pk: 'J#late', sk: 'EVENT#000001', due: 'DUE#1', dueAt: at(300) });
    expect((await remove('late')).status).toBe(204);
    const [event] = await itemsOf('J#late');
    expect(event).toMatchObject({ sk: 'EVENT#000001', due: 'DUE#1', expiresAt: expect.any(Number) });
  });

  it.each(['running', 'storing', 'submit-unknown', 'queued'] as const)(
    'refuses a job that is %s',
    async (status) => {
      const jobId = `open-${status}`;
      await putJob(runningState({ jobId, owner, status }), jobRequest());
      expect(await remove(jobId)).toMatchObject({ status: 409, body: { title: 'JOB_OPEN' } });
      expect((await show(jobId)).status).toBe(200);
    },
  );

  it('is for the owner and admins; the others learn nothing, before and after', async () => {
    await stored('mine', ['x']);
    expect(await remove('mine', 'Else')).toMatchObject({ status: 404, body: { title: 'NOT_FOUND' } });
    expect((await show('mine')).status).toBe(200);
    expect((await remove('mine', 'OnCall')).status).toBe(204);
    const [tombstone] = await itemsOf('J#mine');
    expect(tombstone).toMatchObject({ deletedBy: '111122223333:role/OnCall', owner });
    expect(await remove('mine', 'Else')).toMatchObject({ status: 404, body: { title: 'NOT_FOUND' } });
    expect((await remove('never-was')).status).toBe(404);
  });

  it('what moved on meanwhile is decided anew', async () => {
    const state = await stored('moved', ['x']);
    const store = await import('../../../../lambdas/shared/jobs/delete-job.ts');
    const job = { state: { ...state, revision: state.revision - 1 }, request: jobRequest() };
    const { tombstoneOf } = await import('../../../../core/jobs/deletion.ts');
    await expect(store.writeTombstone(job, tombstoneOf(job, owner, at(100)))).rejects.toMatchObject({
      name: 'StaleJob',
    });
    expect((await show('moved')).status).toBe(200);
  });
});

describe('what was deleted is never ordered again', () => {
  const end = async (jobId: string): Promise<void> => {
    const { STATE, REQUEST } = await aws.items(jobId);
    const failure = { code: 'EXPIRED', message: 'm', advice: 'a', charged: 'unknown' } as const;
    const { state } = fail(runningState({ jobId, owner: String(STATE?.owner) }), failure, at(9));
    await putJob(state, jobRequest({ requestHash: String(REQUEST?.requestHash) }));
  };

  it('by the same Idempotency-Key, whatever the body', async () => {
    const headers = { 'idempotency-key': 'once' };
    const body = { prompt: 'A boat.' };
    const { body: job } = await call('POST /jobs', { headers, body });
    await end(job.jobId);
    expect((await remove(job.jobId)).status).toBe(204);
    for (const again of [body, { prompt: 'Another boat.' }])
      expect(await call('POST /jobs', { headers, body: again })).toMatchObject({
        status: 409,
        body: { title: 'JOB_DELETED' },
      });
    expect((await itemsOf(`J#${job.jobId}`)).map(({ sk }) => sk)).not.toContain('REQUEST');
    expect(await executionsOf(job.jobId)).toEqual([`${job.jobId}-1`]);
    expect((await call('POST /jobs', { headers: { 'idempotency-key': 'twice' }, body })).status).toBe(202);
  });

  it('by the event of its drop, delivered once more, also while the deletion is under way', async () => {
    const versionId = await aws.put('drop.png', png());
    const drop = { key: 'drop.png', 'version-id': versionId, size: 100 };
    const jobId = dropJobId({ bucket: buckets.inbox, key: 'drop.png', versionId, sequencer: '' });
    await acceptUpload({ Records: [uploadMessage(buckets.inbox, drop)] });
    expect(await executionsOf(jobId)).toEqual([`${jobId}-1`]);
    await end(jobId);
    const bucket = process.env.VIDEO_BUCKET;
    process.env.VIDEO_BUCKET = 'no-such-bucket';
    await remove(jobId, 'OnCall');
    process.env.VIDEO_BUCKET = bucket;
    const redelivered = { Records: [uploadMessage(buckets.inbox, drop)] };
    expect(await acceptUpload(redelivered)).toEqual({ batchItemFailures: [] });
    expect((await remove(jobId, 'OnCall')).status).toBe(204);
    expect(await acceptUpload(redelivered)).toEqual({ batchItemFailures: [] });
    expect((await itemsOf(`J#${jobId}`)).map(({ sk }) => sk)).not.toContain('REQUEST');
    expect(await executionsOf(jobId)).toEqual([`${jobId}-1`]);
  });

  it('by a step of an old run', async () => {
    await stored('stepped', ['x']);
    await remove('stepped');
    expect(await checkJob({ jobId: 'stepped', run: 1 }, context)).toMatchObject({ next: 'end' });
  });
});
