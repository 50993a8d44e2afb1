import { USER_AGENT } from '../../../../../lambdas/shared/http/http.ts';
import { postWebhook } from '../../../../../lambdas/shared/http/post-webhook.ts';
import { certificate } from '../../../../support/certificate.ts';
import { freePort } from '../../../../support/free-port.ts';
import {
  allClosed,
  closeServers,
  type Loopback,
  resolvesTo,
  serve,
  serveTcp,
  serveTls,
} from '../../../../support/loopback.ts';

afterEach(closeServers);

const request = {
  headers: { 'content-type': 'application/json', 'webhook-id': 'job1:3' },
  body: '{"a":"ä"}',
};
const publicOnly = { privateOrigins: [] };

const post = ({ origin }: Pick<Loopback, 'origin'>, timeoutMs = 2_000) =>
  postWebhook(`${origin}/hook?token=hidden`, request, { privateOrigins: [origin] }, { timeoutMs });

it('sends what it was given, once, to the address as it is', async () => {
  let heard: unknown;
  const server = await serve(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    heard = {
      method: incoming.method,
      url: incoming.url,
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString(),
    };
    response.writeHead(204).end();
  });
  expect(await post(server)).toEqual({ status: 204 });
  expect(heard).toMatchObject({
    method: 'POST',
    url: '/hook?token=hidden',
    headers: { ...request.headers, 'user-agent': USER_AGENT },
    body: request.body,
  });
  await allClosed(server);
});

it.each([301, 302, 303, 307, 308])(
  'a redirect (%d) is an answer like any other, and is not followed',
  async (status) => {
    const elsewhere = await serve((_request, response) => response.end());
    const server = await serve((_request, response) =>
      response.writeHead(status, { location: `${elsewhere.origin}/` }).end(),
    );
    expect(await post(server)).toEqual({ status });
    expect(server.seen).toHaveLength(1);
    expect(elsewhere.seen).toEqual([]);
  },
);

it('reads Retry-After', async () => {
  const server = await serve((_request, response) => response.writeHead(429, { 'retry-after': '90' }).end());
  expect(await post(server)).toEqual({ status: 429, retryAfterSeconds: 90 });
});

describe('the status is the answer, whatever comes after it', () => {
  it('a body without end', async () => {
    const server = await serve((_request, response) => {
      const flood = setInterval(() => response.write(Buffer.alloc(8_192)), 1);
      response.on('close', () => clearInterval(flood));
    });
    expect(await post(server)).toEqual({ status: 200 });
    await allClosed(server);
  });

  it('a body that drips past the deadline', async () => {
    const server = await serve((_request, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect(await post(server, 200)).toEqual({ status: 200 });
    await allClosed(server);
  });
});

describe('no answer', () => {
  const failed = (reason: string) => ({ is: 'failed', reason: expect.stringContaining(reason) });

  it('in time', async () => {
    const server = await serve(() => {});
    expect(await post(server, 100)).toEqual(failed('no answer within 100 ms'));
    await allClosed(server);
  });

  it('since nobody is there', async () => {
    const result = await post({ origin: `http://127.0.0.1:${await freePort()}` });
    expect(result).toEqual(failed('was not reached'));
    expect(JSON.stringify(result)).not.toContain('hidden');
  });

  it('since the connection is cut', async () => {
    const server = await serveTcp((socket) => socket.once('data', () => socket.destroy()));
    expect(await post(server)).toMatchObject({ is: 'failed' });
  });

  it('that is HTTP', async () => {
    const server = await serveTcp((socket) => socket.once('data', () => socket.end('SSH-2.0\r\n\r\n')));
    expect(await post(server)).toMatchObject({ is: 'failed' });
  });

  it('of somebody whose certificate is not believed', async () => {
    const server = await serveTls((_request, response) => response.end());
    expect(await post(server)).toMatchObject({ is: 'failed' });
    expect(server.seen).toEqual([]);
  });
});

describe('nothing private is called', () => {
  it.each([['127.0.0.1'], ['::1'], ['169.254.169.254'], ['93.184.215.14', '10.0.0.1']])(
    'a name that resolves to %s',
    async (...addresses) => {
      const server = await serveTls((_request, response) => response.end());
      const result = await postWebhook(`https://gateway.test:${server.port}/`, request, publicOnly, {
        lookup: resolvesTo(...addresses),
        ca: certificate.cert,
      });
      expect(result).toMatchObject({ is: 'refused' });
      expect(server.sockets.size).toBe(0);
    },
  );

  it.each(['https://127.0.0.1/', 'http://shop.example/', 'not a URL'])('%s', async (url) =>
    expect(await postWebhook(url, request, publicOnly)).toMatchObject({ is: 'refused' }),
  );
});

it('is TLS where the address says so', async () => {
  const server = await serveTls((_request, response) => response.writeHead(202).end('ok'));
  const origin = `https://gateway.test:${server.port}`;
  const result = await postWebhook(
    `${origin}/hook`,
    request,
    { privateOrigins: [origin] },
    { lookup: resolvesTo('127.0.0.1'), ca: certificate.cert },
  );
  expect(result).toEqual({ status: 202 });
});
