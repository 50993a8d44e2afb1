import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { newKey } from '../../../../core/api/api-key.ts';
import type { ApiAuth } from '../../../../core/api/settings.ts';
import { ApiSettings } from '../../../../core/api/settings.ts';
import type * as Authorizer from '../../../../lambdas/authorize-key.ts';
import type * as Api from '../../../../lambdas/job-api.ts';
import type * as Keys from '../../../../lambdas/shared/table/api-keys.ts';
import { apiEvent, signedBy } from '../../../support/api-event.ts';
import { startAws, type TestAws } from '../../../support/aws.ts';
import { itemsOf, putJob } from '../../../support/job-items.ts';
import { acceptedState, jobRequest, runtimeSettings, T0 } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';

let aws: TestAws;
beforeAll(async () => {
  aws = await startAws(runtimeSettings());
  for (const owner of ['jwt:auth0|5f7c', 'key:shop', 'anybody', '111122223333:role/Shop'])
    await putJob(acceptedState({ jobId: jobOf(owner), owner }), jobRequest());
}, 120_000);
afterAll(() => aws.stop());

const jobOf = (owner: string): string => `job-of-${owner}`;

/** The function of a stage with this auth. Settings are read once, so it is loaded anew. */
const apiWith = async (auth: ApiAuth, admins: string[] = []): Promise<typeof Api.handler> => {
  const settings = runtimeSettings({ api: ApiSettings.parse({ auth }), admins });
  writeFileSync(process.env.SETTINGS_FILE ?? '', JSON.stringify(settings));
  jest.resetModules();
  const { handler } = await import('../../../../lambdas/job-api.ts');
  return handler;
};

const show = async (handler: typeof Api.handler, owner: string, authorizer?: unknown) => {
  const answer = await handler(
    apiEvent('GET /jobs/{id}', { params: { id: jobOf(owner) }, authorizer }),
    context,
  );
  return { status: answer.statusCode, text: answer.body ?? '' };
};

const shop = 'arn:aws:sts::111122223333:assumed-role/Shop/i-0abc';
const jwt: ApiAuth = {
  type: 'jwt',
  issuer: 'https://issuer.example/',
  audience: ['startframe'],
  ownerClaim: 'sub',
};
const token = (claims: Record<string, string>) => ({ jwt: { claims, scopes: null } });

describe('with tokens', () => {
  it('the owner is what the claim says', async () => {
    const handler = await apiWith(jwt);
    expect((await show(handler, 'jwt:auth0|5f7c', token({ sub: 'auth0|5f7c' }))).status).toBe(200);
    expect((await show(handler, 'jwt:auth0|5f7c', token({ sub: 'auth0|other' }))).status).toBe(404);
    const byTenant = await apiWith({ ...jwt, ownerClaim: 'tenant' });
    expect((await show(byTenant, 'jwt:auth0|5f7c', token({ sub: 'x', tenant: 'auth0|5f7c' }))).status).toBe(
      200,
    );
  });

  it('a token that names nobody is 403, and says which claim is missing', async () => {
    const handler = await apiWith({ ...jwt, ownerClaim: 'tenant' });
    for (const claims of [{ sub: 'auth0|5f7c' }, { tenant: '' }]) {
      const { status, text } = await show(handler, 'jwt:auth0|5f7c', token({ ...claims }));
      expect({ status, text }).toMatchObject({ status: 403, text: expect.stringContaining('tenant') });
    }
  });

  it('nobody is the owner of another kind by a claim, and a signature is worth nothing', async () => {
    const handler = await apiWith(jwt);
    expect((await show(handler, 'key:shop', token({ sub: 'key:shop' }))).status).toBe(404);
    expect(
      (await show(handler, '111122223333:role/Shop', token({ sub: '111122223333:role/Shop' }))).status,
    ).toBe(404);
    expect((await show(handler, '111122223333:role/Shop', signedBy(shop))).status).toBe(403);
  });

  it('an admin is one by the name of the owner', async () => {
    const handler = await apiWith(jwt, ['jwt:ann']);
    expect((await show(handler, 'jwt:auth0|5f7c', token({ sub: 'ann' }))).status).toBe(200);
  });
});

describe('with API keys', () => {
  const auth: ApiAuth = { type: 'api-key', header: 'authorization' };
  let authorize: (typeof Authorizer)['handler'];
  let keys: typeof Keys;
  beforeAll(async () => {
    ({ handler: authorize } = await import('../../../../lambdas/authorize-key.ts'));
    keys = await import('../../../../lambdas/shared/table/api-keys.ts');
  });

  const given = async (owner: string, validUntil?: string): Promise<{ key: string; keyId: string }> => {
    const { key, record } = newKey(owner, T0, validUntil, randomBytes);
    await keys.saveApiKey(record);
    return { key, keyId: record.keyId };
  };
  const decide = (header: string) => authorize({ identitySource: [header] });

  it('the bearer of a key is its owner, whichever way it is sent', async () => {
    const { key, keyId } = await given('shop');
    const decision = { isAuthorized: true, context: { owner: 'key:shop', keyId } };
    expect(await decide(`Bearer ${key}`)).toEqual(decision);
    expect(await decide(key)).toEqual(decision);
    const handler = await apiWith(auth);
    expect((await show(handler, 'key:shop', { lambda: decision.context })).status).toBe(200);
    expect((await show(handler, 'jwt:auth0|5f7c', { lambda: decision.context })).status).toBe(404);
  });

  it('a key that was changed, made up, revoked or has ended opens nothing', async () => {
    const { key, keyId } = await given('shop');
    const another = await given('other');
    const [, , secret = ''] = another.key.split('_');
    const refused = [
      '',
      'Bearer ',
      'sf_',
      `Bearer sf_${keyId}_${'A'.repeat(43)}`,
      `Bearer sf_${keyId}_${secret}`,
      `Bearer sf_${'0'.repeat(16)}_${secret}`,
      `${key}x`,
      `Basic ${key}`,
      `Bearer ${(await given('shop', '2026-01-01T00:00:00.000Z')).key}`,
    ];
    for (const header of refused)
      expect([header, await decide(header)]).toEqual([header, { isAuthorized: false }]);
    expect(await decide(key)).toMatchObject({ isAuthorized: true });
    await keys.revokeApiKey(keyId, T0);
    expect(await decide(key)).toEqual({ isAuthorized: false });
  });

  it('the table knows no key, only what it hashes to', async () => {
    const { key } = await given('shop');
    const [, , secret = ''] = key.split('_');
    expect(JSON.stringify(await itemsOf('API_KEYS'))).not.toContain(secret);
  });

  it('a request that came past the authorizer is nobody’s', async () => {
    const handler = await apiWith(auth);
    for (const authorizer of [
      undefined,
      signedBy(shop),
      { lambda: { owner: '111122223333:role/Shop', keyId: 'a' } },
    ])
      expect((await show(handler, '111122223333:role/Shop', authorizer)).status).toBe(403);
  });
});

it('where nobody is asked everybody is one owner', async () => {
  const handler = await apiWith({ type: 'none' });
  expect((await show(handler, 'anybody')).status).toBe(200);
  expect((await show(handler, 'key:shop')).status).toBe(404);
});

it('the document says what the gate of the stage wants', async () => {
  const handler = await apiWith(jwt);
  const answer = await handler(apiEvent('GET /openapi.json'), context);
  expect(answer.body).toContain('https://issuer.example/');
});
