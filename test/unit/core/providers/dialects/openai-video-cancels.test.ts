import { canCancel } from '../../../../../core/providers/registry.ts';
import { KEY, providerErrorOf, type Reply } from './context.ts';
import { fixture, ID, provider } from './openai-video-builder.ts';

describe('a cancel', () => {
  const cancelling = (
    method: string,
    replies: Reply | readonly Reply[],
    path = '/v1/video/generations/{id}/cancel',
  ) => provider(replies, { pollBaseUrl: 'https://api.relay.test/x', options: { cancel: { method, path } } });

  it('is there only where the settings have one', () => {
    expect(provider({}).cancel).toBeUndefined();
    expect(cancelling('POST', {}).cancel).toBeInstanceOf(Function);
    const endpoint = { dialect: 'openai-video', submitBaseUrl: 'https://api.relay.test' } as const;
    const cancel = { method: 'POST', path: '/v1/videos/{id}/cancel' };
    expect(canCancel({ ...endpoint, options: { cancel } })).toBe(true);
    expect(canCancel({ ...endpoint, options: {} })).toBe(false);
  });

  it.each([
    ['POST', { headers: { 'content-type': 'application/json' }, body: '{}' }],
    ['DELETE', { headers: {} }],
  ])(
    'by %s is one call to the poll base, with the key, by an id that cannot leave its path',
    async (method, more) => {
      const { cancel, sent } = cancelling(method, { status: 204, body: new Uint8Array() });
      await cancel?.({ id: 'a/../b?c $&', resultUrl: 'https://elsewhere.test' });
      expect(sent).toEqual([
        {
          method,
          url: 'https://api.relay.test/x/v1/video/generations/a%2F..%2Fb%3Fc%20%24%26/cancel',
          timeoutMs: 20_000,
          maxBytes: expect.any(Number),
          ...more,
          headers: { accept: 'application/json', authorization: `Bearer ${KEY}`, ...more.headers },
        },
      ]);
    },
  );

  it.each([{}, { id: ID, status: 'cancelled' }, { code: 'success', data: null }])(
    'answered with %j is none of a verdict',
    async (body) => expect(await cancelling('DELETE', { body }).cancel?.({ id: ID })).toBeUndefined(),
  );

  it.each<[number, unknown, string]>([
    [400, fixture('error-task-not-exist'), 'TaskNotFound'],
    [200, fixture('error-task-not-exist'), 'TaskNotFound'],
    [401, '', 'ProviderUnauthorized'],
    [404, '', 'TaskNotFound'],
    [405, '', 'ProviderRejected'],
    [409, { error: { message: 'It is finished' } }, 'ProviderRejected'],
    [429, '', 'ProviderThrottled'],
    [500, '', 'ProviderUnavailable'],
    [200, '<html>', 'ProviderAnswerUnreadable'],
    [302, '', 'ProviderUnavailable'],
  ])('answered %d %j → %s, worth repeating', async (status, body, name) => {
    const { cancel, sent } = cancelling('POST', { status, body: body === '' ? new Uint8Array() : body });
    const error = await providerErrorOf(Promise.resolve(cancel?.({ id: ID })));
    expect(error).toMatchObject({ name, retryable: true, charged: 'unknown' });
    expect(sent).toHaveLength(1);
  });
});
