import { providerErrorOf, videoRequest } from './context.ts';
import { CONTENT, check, fixture, ID, MODEL, provider, RELAY, VIDEO } from './openai-video-builder.ts';

describe('the task', () => {
  const submit = (body: unknown) => provider({ body }).submit(videoRequest({ model: MODEL }));

  it.each([
    [{ task_id: 'a', id: 'b' }, 'a'],
    [{ task_id: '', id: 'b' }, 'b'],
    [{ task_id: null, id: 7 }, '7'],
    [{ code: 'success', data: { task_id: 'a' } }, 'a'],
    [{ code: 0, data: [{ id: 'a' }] }, 'a'],
    [{ task_id: 'a', status: 'failed', error: { message: 'x' } }, 'a'],
  ])('of %j is %s', async (body, id) => expect(await submit(body)).toEqual({ id }));

  it.each([{ task_id: '..' }, { id: ' ' }, { status: 'queued' }, { code: 'success', data: null }])(
    '%j cannot be asked for, and may have cost',
    async (body) => {
      expect(await providerErrorOf(submit(body))).toMatchObject({
        name: 'ProviderAnswerUnreadable',
        charged: 'unknown',
      });
    },
  );

  it('an id beside an error is quoted, for whoever looks whether it runs', async () => {
    const error = await providerErrorOf(
      submit({ code: 'upstream_error', message: 'oops', data: { id: 'a1' } }),
    );
    expect(error).toMatchObject({ charged: 'unknown', message: expect.stringContaining('oops (task a1)') });
  });

  it.each<[Record<string, string>, string]>([
    [{}, '/v1/video/generations/'],
    [{ submitForm: 'multipart' }, '/v1/videos/'],
    [{ pollPath: 'videos' }, '/v1/videos/'],
    [{ submitForm: 'multipart', pollPath: 'generations' }, '/v1/video/generations/'],
  ])('with %j is asked for at %s, by an id that cannot leave the path', async (options, path) => {
    const pollBaseUrl = 'https://api.relay.test/x';
    const { check, sent } = provider({ body: fixture('1-processing') }, { pollBaseUrl, options });
    await check({ id: 'a/../b?c ä' });
    expect(sent[0]?.url).toBe(`${pollBaseUrl}${path}a%2F..%2Fb%3Fc%20%C3%A4`);
  });
});

describe('the status of a check', () => {
  const done = { state: 'succeeded', outputs: [{ url: VIDEO }] };
  const failed = (reason: string) => ({ state: 'failed', reason, charged: 'unknown' });
  it.each<[string, unknown]>([
    ['submitted-seed', { state: 'queued' }],
    ['1-queued', { state: 'queued' }],
    ['1-processing', { state: 'running' }],
    ['1-succeeded', done],
    ['1-failed', failed('The video could not be generated')],
    ['1-several', { ...done, outputs: [...done.outputs, { url: VIDEO.replace('.mp4', '-2.mp4') }] }],
    ['1-expired', { state: 'expired', reason: 'Not finished in 48h, cancelled with refund' }],
    ['1-inline', { state: 'succeeded', outputs: [{ url: 'data:video/mp4;base64,AAAAIGZ0eXA=' }] }],
    ['2-not-start', { state: 'queued' }],
    ['2-submitted', { state: 'queued' }],
    ['2-in-progress', { state: 'running', progress: 30 }],
    ['2-success', done],
    ['2-success-older', done],
    ['2-failure', failed('upstream: internal error')],
    ['2-unknown', { state: 'unknown', word: 'UNKNOWN' }],
    ['3-queued', { state: 'queued' }],
    ['3-processing', { state: 'running' }],
    ['3-succeeded', done],
    ['3-succeeded-empty', { state: 'empty', reason: 'the provider says "succeeded", and gives no reason' }],
    [
      '3-succeeded-lie',
      {
        state: 'filtered',
        reason: 'no video in the response: the prompt was blocked due to safety settings',
        charged: 'unknown',
      },
    ],
    ['3-failed', failed('Internal error encountered.')],
    ['4-queued', { state: 'queued' }],
    ['4-in-progress', { state: 'running', progress: 50 }],
    ['4-completed', { state: 'succeeded', outputs: [CONTENT] }],
    ['4-completed-url', done],
    [
      '4-cancelled',
      {
        state: 'cancelled',
        reason: 'the provider says "cancelled", and gives no reason',
        charged: 'unknown',
      },
    ],
    ['4-failed', failed('the provider says "failed", and gives no reason')],
    [
      '4-failed-filtered',
      {
        state: 'filtered',
        reason: 'Your request was blocked by our moderation system.',
        charged: 'unknown',
      },
    ],
  ])('%s', async (name, status) => expect(await check(fixture(name))).toEqual(status));

  const of = (fields: object) => ({ task_id: ID, status: 'succeeded', ...fields });
  it.each<[object, unknown]>([
    [{ url: [VIDEO, 'https://cdn.test/b.mp4'] }, [{ url: VIDEO }, { url: 'https://cdn.test/b.mp4' }]],
    [{ url: '', video_url: VIDEO }, [{ url: VIDEO }]],
    [{ url: 'the task failed', result_url: VIDEO }, [{ url: VIDEO }]],
    [{ url: VIDEO, result_url: VIDEO }, [{ url: VIDEO }]],
    [{ url: `${RELAY}/files/x.mp4?sig=1` }, [{ url: `${RELAY}/files/x.mp4?sig=1` }]],
    [{ url: 'https://evil.test/v1/videos/x/content' }, [{ url: 'https://evil.test/v1/videos/x/content' }]],
    [
      { url: `${RELAY}/v1/videos/x/content` },
      [{ url: `${RELAY}/v1/videos/x/content`, needsKey: true, isUnconfirmed: true }],
    ],
    [{ url: `${RELAY}/v1/videos/x/file.mp4` }, [{ url: `${RELAY}/v1/videos/x/file.mp4`, needsKey: true }]],
    [{ url: `http://localhost:3000/v1/videos/${ID}/content` }, [CONTENT]],
    [{ url: 'http://files.test/content' }, [{ url: 'http://files.test/content' }]],
    [
      { url: 'http://localhost:3000/v1/videos/x/content' },
      [{ url: 'http://localhost:3000/v1/videos/x/content' }],
    ],
    [
      { url: `https://evil.test/v1/videos/${ID}/content` },
      [{ url: `https://evil.test/v1/videos/${ID}/content` }],
    ],
  ])('a video in %j', async (fields, outputs) => {
    expect(await check(of(fields))).toEqual({ state: 'succeeded', outputs });
    expect(await check({ code: 'success', data: of(fields) })).toEqual({ state: 'succeeded', outputs });
  });

  it.each<[object, object]>([
    [{ url: 'upstream timeout' }, { state: 'empty', reason: 'upstream timeout' }],
    [{ result_url: 'no capacity' }, { state: 'empty', reason: 'no capacity' }],
    [
      { object: 'video', url: 'no capacity' },
      { state: 'empty', reason: 'no capacity' },
    ],
    [
      { object: 'video', error: { message: 'oops' } },
      { state: 'empty', reason: 'oops' },
    ],
    [{ url: 'data:text/html;base64,AAAA' }, { state: 'empty', reason: 'data:[hidden]' }],
    [{ error: { code: 'content_policy_violation' } }, { state: 'filtered' }],
    [{ status: 'failed', error: { code: 'moderation_blocked', message: 'no' } }, { state: 'filtered' }],
    [
      { status: 'failed', error: 'out of memory' },
      { state: 'failed', reason: 'out of memory' },
    ],
    [{ status: 'cancelled' }, { state: 'cancelled' }],
    [{ status: 'cancelled', error: 'Off-peak: cancelled with refund' }, { charged: 'no' }],
    [{ status: 'failed', error: 'It failed. Credits were refunded.' }, { charged: 'no' }],
    [{ status: 'failed', error: 'It failed and cannot be refunded.' }, { charged: 'unknown' }],
    [{ status: 'expired' }, { state: 'expired' }],
    [{ status: 'in_progress', url: VIDEO }, { state: 'running' }],
    [{ status: 'warming-up' }, { state: 'unknown', word: 'warming-up' }],
    [{ status: null, url: VIDEO }, { state: 'unknown' }],
  ])('%j', async (fields, status) => expect(await check(of(fields))).toMatchObject(status));

  it('the content is asked for by our id, whatever the answer calls the task', async () => {
    const pollBaseUrl = 'https://api.relay.test';
    expect(await check(fixture('4-completed'), { pollBaseUrl }, 'a/b')).toEqual({
      state: 'succeeded',
      outputs: [
        { url: 'https://api.relay.test/v1/videos/a%2Fb/content', needsKey: true, isUnconfirmed: true },
      ],
    });
  });

  it.each([
    [50, 50],
    ['50%', 50],
    ['12.5 %', 12.5],
    ['7', 7],
    ['150%', undefined],
    ['soon', undefined],
    [-1, undefined],
    [null, undefined],
    [{}, undefined],
  ])('progress %j is %s', async (progress, percent) => {
    const status = await check(of({ status: 'processing', progress }));
    expect(status).toEqual({ state: 'running', ...(percent !== undefined && { progress: percent }) });
  });
});

describe('errors as relays say them', () => {
  const submit = (status: number, body: unknown) =>
    providerErrorOf(provider({ status, body }).submit(videoRequest({ model: MODEL })));

  it.each([
    [503, 'error-model-not-found', 'ModelRetired'],
    [403, 'error-quota', 'ProviderBalanceTooLow'],
    [200, 'error-quota', 'ProviderBalanceTooLow'],
    [400, 'error-litellm', 'ProviderRejected'],
    [200, 'error-litellm', 'ProviderRejected'],
  ])('%d %s → %s, free', async (status, name, error) => {
    expect(await submit(status, fixture(name))).toMatchObject({ name: error, charged: 'no' });
  });

  it.each([
    [
      { error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } },
      'ProviderQuotaExhausted',
    ],
    [{ error: { code: 'rate_limit_exceeded', message: 'Rate limit reached' } }, 'ProviderThrottled'],
    [{ error: { code: 'moderation_blocked', message: 'no' } }, 'ProviderFilteredRequest'],
  ])('429 %j → %s', async (body, name) => expect(await submit(429, body)).toMatchObject({ name }));

  it('a 500 in plain text may have cost', async () => {
    expect(await submit(500, 'Internal Server Error')).toMatchObject({ charged: 'unknown' });
  });

  it.each([400, 200])('an unknown task, under %d', async (status) => {
    const { check } = provider({ status, body: fixture('error-task-not-exist') });
    expect((await providerErrorOf(check({ id: ID }))).name).toBe('TaskNotFound');
  });
});
