import { GetObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { fail, succeed } from '../../../../core/jobs/ending.ts';
import type { JobState } from '../../../../core/jobs/job.ts';
import { dropJobId } from '../../../../core/kernel/ids.ts';
import type { handler as AcceptUpload } from '../../../../lambdas/accept-upload.ts';
import type { handler as CheckJob } from '../../../../lambdas/check-job.ts';
import type { handler as Handler } from '../../../../lambdas/job-api.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { buckets, startAws, type TestAws } from '../../../support/aws.ts';
import { itemsOf, putItem, putJob } from '../../../support/job-items.ts';
import { at, jobRequest, runningState, runtimeSettings, storingState } from '../../../support/jobs.ts';
import { context, uploadMessage } from '../../../support/lambda.ts';
import { png } from '../../../support/pictures.ts';

let aws: TestAws;
let handler: typeof Handler;
let acceptUpload: typeof AcceptUpload;
let checkJob: typeof CheckJob;

beforeAll(async () => {
  aws = await startAws(runtimeSettings({ admins: ['111122223333:role/OnCall'] }));
  ({ handler } = await import('../../../../lambdas/job-api.ts'));
  ({ handler: acceptUpload } = await import('../../../../lambdas/accept-upload.ts'));
  ({ handler: checkJob } = await import('../../../../lambdas/check-job.ts'));
}, 120_000);
afterAll(() => aws.stop());

const owner = '111122223333:role/Shop';
const arnOf = (role: string) => `arn:aws:sts::111122223333:assumed-role/${role}/i-0abc`;

interface Call {
  readonly id?: string;
  readonly headers?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly role?: string;
  readonly body?: unknown;
}
const call = async (route: string, { id, headers = {}, query = {}, role = 'Shop', body }: Call) => {
  const answer: APIGatewayProxyStructuredResultV2 = await handler(
    apiEvent(route, {
      ...(id === undefined ? {} : { params: { id } }),
      headers,
      query,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      authorizer: signedBy(arnOf(role)),
    }),
    context,
  );
  return {
    status: answer.statusCode,
    headers: answer.headers ?? {},
    body: answer.body ? JSON.parse(answer.body) : undefined,
  };
};
const askVideo = (id: string, { headers = {}, query = {}, role = 'Shop' }: Call = {}) =>
  call('GET /jobs/{id}/video', { id, headers, query, role });
const remove = (id: string, role = 'Shop') => call('DELETE /jobs/{id}', { id, role });
const show = (id: string) => call('GET /jobs/{id}', { id });

const putFile = (key: string, body: string, jobId: string) =>
  aws.put(key, body, { 'job-id': jobId }, buckets.videos);

/** A job whose videos are stored, each with its words as content. */
const stored = async (
  jobId: string,
  words: readonly string[],
  changes: Partial<JobState> = {},
): Promise<JobState> => {
  const key = changes.outputKey ?? `videos/${jobId}.mp4`;
  const keys = words.map((_, index) => (index === 0 ? key : key.replace('.mp4', `.${index + 1}.mp4`)));
  const files = await Promise.all(
    keys.map(async (each, index) => ({
      key: each,
      versionId: await putFile(each, words[index] ?? '', jobId),
    })),
  );
  const [first = { key, versionId: '' }, ...moreVideos] = files;
  const facts = { bytes: 1, sha256: 's', durationSeconds: 8, width: 1280, height: 720 };
  const { state } = succeed(
    storingState({ jobId, owner, outputKey: key, ...changes }),
    {
      video: { bucket: buckets.videos, ...first, ...facts },
      videoCount: words.length,
      moreVideos,
      costMicros: 800_000,
    },
    at(90),
  );
  await putJob(state, jobRequest());
  return state;
};

describe('GET /jobs/{id}/video', () => {
  it('redirects to an address that opens the stored version and no other', async () => {
    await stored('v1', ['the video']);
    await putFile('videos/v1.mp4', 'another video, written later', 'else');
    const { status, headers } = await askVideo('v1', { headers: { accept: '*/*' } });
    expect(status).toBe(302);
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    const url = String(headers.location);
    expect(await (await fetch(url)).text()).toBe('the video');
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('900');
  });

  it.each(['application/json', 'text/html, application/json;q=0.9', 'Application/JSON'])(
    'tells the address to whoever says Accept: %s',
    async (accept) => {
      await stored('v2', ['the video']);
      const { status, headers, body } = await askVideo('v2', { headers: { accept } });
      expect(status).toBe(200);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' });
      expect(await (await fetch(body.url)).text()).toBe('the video');
      const goodForMs = Date.parse(body.expiresAt) - Date.now();
      expect(goodForMs).toBeGreaterThan(850_000);
      expect(goodForMs).toBeLessThanOrEqual(900_000);
    },
  );

  it('of several gives the one that is asked for', async () => {
    await stored('v3', ['one', 'two', 'three']);
    for (const [index, words] of ['one', 'two', 'three'].entries()) {
      const { headers } = await askVideo('v3', { query: { output: String(index + 1) } });
      expect(await (await fetch(String(headers.location))).text()).toBe(words);
    }
    expect(await askVideo('v3', { query: { output: '4' } })).toMatchObject({
      status: 404,
      body: { title: 'NO_SUCH_OUTPUT', detail: expect.stringContaining('3 video(s)') },
    });
    expect(await askVideo('v3', { query: { output: '0' } })).toMatchObject({ status: 400 });
    expect((await show('v3')).body).toMatchObject({ videoCount: 3 });
  });

  it('says why there is none', async () => {
    await putJob(runningState({ jobId: 'open', owner }), jobRequest());
    expect(await askVideo('open')).toMatchObject({
      status: 409,
      body: { title: 'VIDEO_NOT_READY', detail: expect.stringContaining('running') },
    });
    const failure = {
      code: 'CONTENT_FILTERED',
      message: 'It was filtered.',
      advice: 'a',
      charged: 'no',
    } as const;
    await putJob(fail(runningState({ jobId: 'bad', owner }), failure, at(9)).state, jobRequest());
    expect(await askVideo('bad')).toMatchObject({
      status: 404,
      body: { title: 'NO_VIDEO', detail: expect.stringContaining('It was filtered.') },
    });
    const { video } = await stored('gone', ['x']);
    await aws.removeVersion(buckets.videos, 'videos/gone.mp4', video?.versionId ?? '');
    expect(await askVideo('gone')).toMatchObject({ status: 404, body: { title: 'VIDEO_GONE' } });
  });

  it('is nobody else’s', async () => {
    await stored('v4', ['x']);
    expect(await askVideo('v4', { role: 'Else' })).toMatchObject({
      status: 404,
      body: { title: 'NOT_FOUND' },
    });
    expect((await askVideo('v4', { role: 'OnCall' })).status).toBe(302);
  });
});

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

test('GET /health answers anybody, and looks at nothing', async () => {
  const answer = await handler(apiEvent('GET /health'), context);
  expect(answer.statusCode).toBe(200);
  expect(JSON.parse(answer.body ?? '')).toEqual({ status: 'ok', stage: 'test' });
});
