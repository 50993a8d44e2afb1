import { fail } from '../../../../core/jobs/ending.ts';
import { apiEvent } from '../../../support/api-event.ts';
import { buckets } from '../../../support/aws.ts';
import { putJob } from '../../../support/job-items.ts';
import { at, jobRequest, runningState } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';
import { askVideo, aws, handler, owner, putFile, setUpFiles, show, stored } from './job-files-builder.ts';

setUpFiles();

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

test('GET /health answers anybody, and looks at nothing', async () => {
  const answer = await handler(apiEvent('GET /health'), context);
  expect(answer.statusCode).toBe(200);
  expect(JSON.parse(answer.body ?? '')).toEqual({ status: 'ok', stage: 'test' });
});
