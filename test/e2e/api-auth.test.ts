import * as z from 'zod';
import { routeKeyOf } from '../../core/api/route.ts';
import { type OperationId, operationIds, routes } from '../../core/api/routes.ts';
import { TestStack } from '../support/clouds/test-stack.ts';

// The gate of the real template, on the local cloud with IAM enforced. It checks no tokens (that needs a package of its own) and
// deploys no CORS, so those are tested in the template and in the function.

let stack: TestStack;
const pathOf = (id: OperationId, name = 'nothing'): string => routes[id].path.replace(/\{\w+\}/, name);
const named = operationIds.map((id): [string, OperationId] => [routeKeyOf(routes[id]), id]);
const isPublic = (id: OperationId): boolean => typeof routes[id].access === 'object';
const gated = named.filter(([, id]) => !isPublic(id));
const open = named.filter(([, id]) => isPublic(id));

const plain = (id: OperationId, headers: Record<string, string> = {}, name?: string): Promise<Response> =>
  fetch(stack.url(pathOf(id, name)), { method: routes[id].method, headers });

/** Whether our function answered, and not the gate. */
const isOurs = async (answer: Response): Promise<boolean> =>
  answer.ok || z.looseObject({ title: z.string() }).safeParse(await answer.json()).success;

const GATE = 'application/json';

describe('a stage that asks for signatures', () => {
  beforeAll(async () => {
    stack = await TestStack.join('calm', { role: 'visitor' });
  }, 300_000);
  afterAll(() => stack?.leave());

  it.each(gated)('%s is refused unsigned, by the gate', async (_, id) => {
    const answer = await plain(id);
    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toBe(GATE);
    expect(await answer.json()).toEqual({ message: 'Forbidden' });
  });

  it.each(gated)('%s passes the gate when it is signed', async (_, id) => {
    const answer = await stack.ask(routes[id].method, pathOf(id));
    expect(answer.status).not.toBe(403);
    expect(answer.status).toBeLessThan(500);
    expect(await isOurs(answer)).toBe(true);
  });

  it.each(open)('%s is open', async (_, id) => {
    expect(await isOurs(await plain(id))).toBe(true);
  });

  it('whatever is no route is a problem that says so', async () => {
    for (const path of ['/', '/jobs/', '/nothing', '/jobs/a/b/c']) {
      const answer = await stack.ask('GET', path);
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  it('Location is where the job is', async () => {
    const answer = await stack.ask('POST', '/jobs', {}, { body: JSON.stringify({ prompt: 'A boat.' }) });
    expect(answer.status).toBe(202);
    const job = new URL(answer.headers.get('location') ?? '', stack.url('/jobs'));
    const [, path = ''] = job.href.split(stack.url('').href);
    expect((await stack.ask('GET', path)).status).toBe(200);
  });
});

describe('a stage that asks for API keys', () => {
  const idOf = (key: string): string => key.split('_')[1] ?? '';

  let shop: string;
  beforeAll(async () => {
    stack = await TestStack.join('keys');
    shop = stack.newKey('shop');
  }, 300_000);
  afterAll(() => stack?.leave());

  it.each(gated)('%s wants a key, and one of ours', async (_, id) => {
    expect((await plain(id)).status).toBe(401);
    expect((await plain(id, { 'x-api-key': `sf_${'0'.repeat(16)}_${'A'.repeat(43)}` })).status).toBe(403);
    const answer = await plain(id, { 'x-api-key': shop });
    expect(answer.status).toBeLessThan(500);
    expect(await isOurs(answer)).toBe(true);
  });

  it('a key’s jobs are its owner’s, also by the next key; another owner does not see them, an admin does', async () => {
    const answer = await fetch(stack.url('/jobs'), {
      method: 'POST',
      headers: { 'x-api-key': shop, 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'A boat.' }),
    });
    const job = z.object({ jobId: z.string(), owner: z.string() }).parse(await answer.json());
    expect(job.owner).toBe('key:shop');
    const seenBy = async (key: string) => (await plain('showJob', { 'x-api-key': key }, job.jobId)).status;
    expect(await seenBy(stack.newKey('shop'))).toBe(200);
    expect(await seenBy(stack.newKey('other'))).toBe(404);
    expect(await seenBy(stack.newKey('ops'))).toBe(200);
  }, 60_000);

  it('a key that is revoked opens nothing, and the list shows no key', async () => {
    const key = stack.newKey('leaver');
    expect(stack.keys('revoke', idOf(key)).status).toBe(0);
    expect((await plain('showJob', { 'x-api-key': key })).status).toBe(403);
    const { stdout } = stack.keys('list');
    expect(stdout).toContain(idOf(key));
    expect(stdout).not.toContain(key.split('_')[2]);
    expect(stack.keys('revoke', 'nothing')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('There is no key nothing.'),
    });
  }, 60_000);
});
