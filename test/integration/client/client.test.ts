import { createHash, createHmac } from 'node:crypto';
import { ApiProblem, ApiUnreachable, createClient, InsecureAddress } from '../../../client/index.ts';
import { type Answered, type Received, serve, type TestServer } from '../../support/http-server.ts';

let server: TestServer;
afterEach(() => server.close());

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answered => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const job = (status: string) => json(200, { jobId: 'job', status, createdAt: '2026-11-21T09:00:00.000Z' });

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' };
const client = (more: { tries?: number; timeoutMs?: number } = {}) =>
  createClient({ baseUrl: `${server.url}/stage/`, sign: { region: 'eu-west-1', credentials }, ...more });

/** What AWS computes of a request ("Create a signed AWS API request"), of what arrived and nothing else. */
const expectedSignature = ({ method, url, headers, body }: Received): string => {
  const [, scope = '', signedHeaders = ''] =
    /Credential=AKIDEXAMPLE\/(\S+), SignedHeaders=(\S+), /.exec(String(headers.authorization)) ?? [];
  const strictly = (text: string) => encodeURIComponent(text).replaceAll('*', '%2A');
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const [path = '', query = ''] = url.split('?');
  const canonical = [
    method,
    // Every service but S3 encodes the path, which came encoded, once more.
    path.split('/').map(strictly).join('/'),
    query.split('&').sort().join('&'),
    ...signedHeaders.split(';').map((name) => `${name}:${headers[name]}`),
    '',
    signedHeaders,
    hash(body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((from, word) => hmac(from, word), 'AWS4secret');
  return hmac(key, toSign).toString('hex');
};

describe('who calls', () => {
  it.each([
    ['a key', { apiKey: 'sf_key' }],
    ['a token', { token: 'token' }],
    ['a signature', {}],
  ])('is not said by %s over plain HTTP, but on this machine', async (_, identity) => {
    server = await serve(() => job('running'));
    for (const baseUrl of [
      'http://api.example',
      'http://127.0.0.1.example',
      'ftp://127.0.0.1',
      'http://192.0.2.1',
    ])
      expect(() => createClient({ baseUrl, ...identity })).toThrow(InsecureAddress);
    for (const host of [
      'https://api.example',
      'http://127.0.0.1:1',
      'http://localhost',
      'http://[::1]:1',
      'http://a.localhost',
    ])
      expect(() => createClient({ baseUrl: host, ...identity })).not.toThrow();
    expect(() => createClient({ baseUrl: 'http://api.example', sign: false })).not.toThrow();
  });

  it('signs for IAM what arrives: method, path, query, headers and body', async () => {
    server = await serve(() => job('running'));
    const api = client();
    await api.showJob('a b/ä*');
    await api.createJob({ prompt: 'Ein Boot – à la mer.' });
    await api.listJobs({ folder: "a b+c&d/'x", limit: 5, status: undefined });
    expect(server.received.map(({ url }) => url)).toEqual([
      '/stage/jobs/a%20b%2F%C3%A4*',
      '/stage/jobs',
      '/stage/jobs?folder=a%20b%2Bc%26d%2F%27x&limit=5',
    ]);
    for (const request of server.received) {
      expect(request.headers).toMatchObject({ 'x-amz-security-token': 'session' });
      expect(request.headers.authorization).toContain('/eu-west-1/execute-api/aws4_request');
      expect(request.headers.authorization).toContain(`Signature=${expectedSignature(request)}`);
    }
  });

  it('says an API key, or a token that may be another each time', async () => {
    server = await serve(() => job('running'));
    const tokens = ['token-1', 'token-2'];
    await createClient({ baseUrl: server.url, apiKey: 'key' }).showJob('job');
    const api = createClient({ baseUrl: server.url, token: async () => tokens.shift() ?? '' });
    await api.showJob('job');
    await api.showJob('job');
    await createClient({ baseUrl: server.url, sign: false }).showJob('job');
    const said = server.received.map(({ headers }) => headers['x-api-key'] ?? headers.authorization);
    expect(said).toEqual(['key', 'Bearer token-1', 'Bearer token-2', undefined]);
  });
});

describe('what is sent again', () => {
  const failing = (times: number, answer: Answered | 'hang up') => (_: Received, count: number) =>
    count <= times ? answer : job('running');

  it.each<[string, Answered | 'hang up']>([
    ['a broken connection', 'hang up'],
    ['a 500', json(500, { title: 'INTERNAL' })],
    ['a 503', json(503, { message: 'Service Unavailable' })],
  ])('a question, after %s', async (_, answer) => {
    server = await serve(failing(2, answer));
    expect((await client().showJob('job')).status).toBe('running');
    expect(server.received).toHaveLength(3);
  });

  it('a question, when Retry-After says so and not before', async () => {
    server = await serve(failing(1, json(429, { message: 'Too Many Requests' }, { 'retry-after': '1' })));
    const started = performance.now();
    await client().showJob('job');
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  it('nothing, when Retry-After is later than anybody waits', async () => {
    server = await serve(() => json(429, { title: 'TOO_MANY', detail: 'Later.' }, { 'retry-after': '3600' }));
    await expect(client().showJob('job')).rejects.toMatchObject({ status: 429, retryAfterSeconds: 3600 });
    expect(server.received).toHaveLength(1);
  });

  it('an order, with the same Idempotency-Key and body each time, and another key for another order', async () => {
    server = await serve(failing(2, 'hang up'));
    const api = client();
    await api.createJob({ prompt: 'A' });
    await api.createJob({ prompt: 'A' });
    const keys = server.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
    expect(new Set(server.received.map(({ body }) => body)).size).toBe(1);
  });

  it('no cancel and no redrive: nobody knows whether the first one arrived', async () => {
    server = await serve(() => 'hang up');
    await expect(client().redriveJob('job', { confirmResubmit: true })).rejects.toBeInstanceOf(
      ApiUnreachable,
    );
    await expect(client().cancelJob('job')).rejects.toBeInstanceOf(ApiUnreachable);
    expect(server.received).toHaveLength(2);
  });

  it('nothing that was refused', async () => {
    server = await serve(() => json(400, { title: 'INVALID_PARAMETERS', detail: 'No.' }));
    await expect(client().createJob({})).rejects.toMatchObject({ status: 400 });
    expect(server.received).toHaveLength(1);
  });

  it('a question that was not answered in time', async () => {
    server = await serve(async (_, count) => {
      if (count === 1) await new Promise((resolve) => setTimeout(resolve, 1000));
      return job('running');
    });
    await client({ timeoutMs: 100 }).showJob('job');
    expect(server.received).toHaveLength(2);
  });
});

describe('what is refused', () => {
  const refusal = async (answer: Answered): Promise<unknown> => {
    server = await serve(() => answer);
    return client({ tries: 1 })
      .showJob('job')
      .catch((error: unknown) => error);
  };

  it('is thrown with its name, its sentence and its fields', async () => {
    const errors = [{ field: 'model', message: 'No such model.' }];
    const error = await refusal(json(400, { title: 'INVALID_PARAMETERS', detail: 'No such model.', errors }));
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({
      status: 400,
      title: 'INVALID_PARAMETERS',
      message: 'No such model.',
      errors,
    });
  });

  it('is thrown also when API Gateway, or something on the way, says it', async () => {
    expect(await refusal(json(403, { message: 'Forbidden' }))).toMatchObject({
      title: 'HTTP_403',
      message: 'Forbidden',
    });
    await server.close();
    expect(await refusal({ status: 502, body: '<html>' })).toMatchObject({
      title: 'HTTP_502',
      message: 'The API answered HTTP 502.',
    });
    await server.close();
    expect(await refusal({ status: 302, headers: { location: 'http://127.0.0.1:1/' } })).toMatchObject({
      status: 302,
    });
  });

  it('names what does not answer', async () => {
    server = await serve(() => job('running'));
    const { url } = server;
    await server.close();
    const api = createClient({ baseUrl: url, sign: false, tries: 1 });
    await expect(api.showJob('job')).rejects.toThrow(/127\.0\.0\.1:\d+ gave no answer \(.*ECONNREFUSED/);
  });
});

describe('waiting for a job', () => {
  it('goes on until it has ended, and tells what is new', async () => {
    const answers = [
      job('accepted'),
      job('accepted'),
      json(403, { message: 'x' }),
      job('running'),
      job('succeeded'),
    ];
    server = await serve(
      (_, count) => answers.filter((__, index) => index !== 2)[count - 1] ?? job('succeeded'),
    );
    const news: string[] = [];
    const ended = await client().waitForJob('job', { onNews: ({ status }) => news.push(status) });
    expect(ended.status).toBe('succeeded');
    expect(news).toEqual(['accepted', 'running', 'succeeded']);
  });

  it.each(['failed', 'cancelled', 'submit-unknown'])('ends with %s', async (status) => {
    server = await serve(() => job(status));
    expect((await client().waitForJob('job')).status).toBe(status);
  });

  it('ends with what will not pass, and when nobody waits any longer', async () => {
    server = await serve((_, count) => (count === 1 ? json(404, { title: 'NOT_FOUND' }) : job('running')));
    await expect(client().waitForJob('job')).rejects.toMatchObject({ status: 404 });
    const leaving = new AbortController();
    const waiting = client().waitForJob('job', { signal: leaving.signal, onNews: () => leaving.abort() });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
