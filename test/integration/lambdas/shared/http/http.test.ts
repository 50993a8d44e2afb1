import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { AddressRefused, TransportError } from '../../../../../core/kernel/errors.ts';
import type { HttpRequest } from '../../../../../core/providers/provider.ts';
import { createSendHttp, USER_AGENT } from '../../../../../lambdas/shared/http/http.ts';
import { certificate } from '../../../../support/certificate.ts';
import { freePort } from '../../../../support/free-port.ts';
import {
  allClosed,
  closeServers,
  errorOf,
  type Loopback,
  resolvesTo,
  serve,
  serveTcp,
  serveTls,
} from '../../../../support/loopback.ts';

afterEach(closeServers);

const asking = (url: string, changes: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  headers: { authorization: 'the-key', 'content-type': 'application/json' },
  body: '{"prompt":"ä"}',
  timeoutMs: 2_000,
  maxBytes: 10_000,
  ...changes,
});

const send = (server: Pick<Loopback, 'origin'>, changes: Partial<HttpRequest> = {}) =>
  createSendHttp({ privateOrigins: [server.origin] })(asking(`${server.origin}/a?b=c`, changes));

const transportErrorOf = async (promise: Promise<unknown>): Promise<TransportError> => {
  const error = await errorOf(promise);
  if (!(error instanceof TransportError)) throw new Error(`no TransportError but ${String(error)}`);
  return error;
};

it('sends what it was given, once, and reads the whole answer', async () => {
  let heard: unknown;
  const server = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    heard = { method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString() };
    response.writeHead(201, { 'X-Answer': ['one', 'two'] }).end('{"fine":true}');
  });
  const answer = await send(server);
  expect(answer).toMatchObject({ status: 201, headers: { 'x-answer': 'one, two' } });
  expect(Buffer.from(answer.body).toString()).toBe('{"fine":true}');
  expect(server.seen).toEqual(['/a?b=c']);
  expect(heard).toEqual({
    method: 'POST',
    headers: {
      host: server.origin.replace('http://', ''),
      'user-agent': USER_AGENT,
      'accept-encoding': 'identity',
      authorization: 'the-key',
      'content-type': 'application/json',
      'content-length': '15',
      connection: 'close',
    },
    body: '{"prompt":"ä"}',
  });
  await allClosed(server);
});

it('names its version', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(USER_AGENT).toBe(`startframe/${version}`);
});

it('follows no redirect', async () => {
  const server = await serve((_request, response) => response.writeHead(307, { location: '/b' }).end());
  expect((await send(server)).status).toBe(307);
  expect(server.seen).toHaveLength(1);
});

it('answers a HEAD and an empty answer, compressed or not', async () => {
  const server = await serve((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': '0' }).end(),
  );
  const { body, headers } = {
    ...(await createSendHttp({ privateOrigins: [server.origin] })({
      method: 'HEAD',
      url: server.origin,
      timeoutMs: 1_000,
      maxBytes: 10,
    })),
  };
  expect(body.byteLength).toBe(0);
  expect(headers['content-encoding']).toBe('gzip');
  expect((await send(server)).body.byteLength).toBe(0);
});

describe('what was certainly not sent', () => {
  const notSent = async (promise: Promise<unknown>) =>
    expect((await transportErrorOf(promise)).sent).toBe(false);

  it('a refused connection', async () => notSent(send({ origin: `http://127.0.0.1:${await freePort()}` })));

  it('a name that does not resolve', async () => {
    const sendHttp = createSendHttp(
      { privateOrigins: [] },
      {
        lookup: (_name, _options, callback) =>
          callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), ''),
      },
    );
    await notSent(sendHttp(asking('https://gateway.test/')));
  });

  it('a resolver that never answers', async () => {
    const sendHttp = createSendHttp({ privateOrigins: [] }, { lookup: () => {} });
    await notSent(sendHttp(asking('https://gateway.test/', { timeoutMs: 50 })));
  });

  it('TLS spoken to a server that knows none', async () => {
    const server = await serve((_request, response) => response.end());
    await notSent(send({ origin: server.origin.replace('http:', 'https:') }));
    expect(server.seen).toEqual([]);
    await allClosed(server);
  });

  it('a TLS handshake that hangs', async () => {
    const server = await serveTcp((socket) => socket.resume());
    await notSent(send({ origin: server.origin.replace('http:', 'https:') }, { timeoutMs: 100 }));
    await allClosed(server);
  });

  it('a connection closed in the middle of the handshake', async () => {
    const server = await serveTcp((socket) => socket.once('data', () => socket.destroy()));
    await notSent(send({ origin: server.origin.replace('http:', 'https:') }));
  });

  it('a certificate that is not trusted', async () => {
    const server = await serveTls((_request, response) => response.end());
    await notSent(send(server));
    expect(server.seen).toEqual([]);
  });

  it('a key that no header can hold; the error does not show it', async () => {
    const server = await serve((_request, response) => response.end());
    const error = await transportErrorOf(send(server, { headers: { authorization: 'secret\nkey' } }));
    expect(error.sent).toBe(false);
    expect(error.message).not.toContain('secret');
    expect(server.seen).toEqual([]);
    await allClosed(server);
  });
});

describe('what may have been sent', () => {
  const sent = async (promise: Promise<unknown>) => expect((await transportErrorOf(promise)).sent).toBe(true);
  const afterRequest = (act: (socket: Socket) => void) =>
    serveTcp((socket) => socket.once('data', () => act(socket)));

  it.each<[string, (socket: Socket) => void]>([
    ['a reset', (socket) => socket.resetAndDestroy()],
    ['a polite end without an answer', (socket) => socket.end()],
    ['an answer that is no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n')],
    ['a head that is cut', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['a body that is cut', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"id"')],
    [
      'a chunked body that is cut',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\n'),
    ],
    [
      'another protocol',
      (socket) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'),
    ],
  ])('%s', async (_what, act) => {
    const server = await afterRequest(act);
    await sent(send(server));
    await allClosed(server);
  });

  it('no answer in time', async () => {
    const server = await serve(() => {});
    const error = await transportErrorOf(send(server, { timeoutMs: 100 }));
    expect(error).toMatchObject({ sent: true, message: expect.stringContaining('100 ms') });
    await allClosed(server);
  });

  it('a body that drips past the deadline', async () => {
    const server = await serve((_request, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    await sent(send(server, { timeoutMs: 200 }));
    await allClosed(server);
  });

  it('a longer body than allowed', async () => {
    const server = await serve((_request, response) => response.end(Buffer.alloc(10_001)));
    await sent(send(server));
    await allClosed(server);
  });

  it('a reset under TLS', async () => {
    const server = await serveTls((request) => request.socket.destroy());
    const sendHttp = createSendHttp({ privateOrigins: [server.origin] }, { ca: certificate.cert });
    await sent(sendHttp(asking(server.origin)));
  });
});

describe('compressed answers, though we asked for none', () => {
  const packed = (encoding: string, body: Uint8Array) =>
    serve((_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body));

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ] as const)('%s', async (encoding, compress) => {
    const server = await packed(encoding, compress(Buffer.from('{"fine":true}')));
    expect(Buffer.from((await send(server)).body).toString()).toBe('{"fine":true}');
  });

  it('a bomb is cut at the bound', async () => {
    const server = await packed('gzip', gzipSync(Buffer.alloc(50_000_000)));
    const before = process.memoryUsage().arrayBuffers;
    const error = await transportErrorOf(send(server, { maxBytes: 100_000 }));
    expect(error.sent).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  it('what only claims to be packed is an error', async () => {
    const server = await packed('gzip', Buffer.from('plain'));
    expect((await transportErrorOf(send(server))).sent).toBe(true);
  });
});

describe('addresses', () => {
  it('localhost is refused at connect; nothing is heard there', async () => {
    const server = await serveTls((_request, response) => response.end());
    const error = await errorOf(
      createSendHttp({ privateOrigins: [] })(asking(`https://localhost:${server.port}/`)),
    );
    expect(error).toBeInstanceOf(AddressRefused);
    expect(server.sockets.size).toBe(0);
  });

  it.each([['127.0.0.1'], ['::1'], ['::ffff:169.254.169.254'], ['93.184.215.14', '10.0.0.1']])(
    'a name that resolves to %s is refused',
    async (...addresses) => {
      const sendHttp = createSendHttp({ privateOrigins: [] }, { lookup: resolvesTo(...addresses) });
      expect(await errorOf(sendHttp(asking('https://gateway.test/')))).toBeInstanceOf(AddressRefused);
    },
  );

  it('a literal is refused, as lookup is not called for it', async () => {
    const server = await serveTls((_request, response) => response.end());
    const error = await errorOf(
      createSendHttp({ privateOrigins: [] })(asking(`https://127.0.0.1:${server.port}/`)),
    );
    expect(error).toBeInstanceOf(AddressRefused);
    expect(server.sockets.size).toBe(0);
  });

  it('http is only for private origins', async () => {
    const server = await serve((_request, response) => response.end());
    const other = createSendHttp({ privateOrigins: ['http://127.0.0.1:1'] });
    expect(await errorOf(other(asking(server.origin)))).toBeInstanceOf(AddressRefused);
    expect(server.seen).toEqual([]);
  });

  it('a private gateway by name, over TLS', async () => {
    const server = await serveTls((_request, response) => response.end('here'));
    const origin = `https://gateway.test:${server.port}`;
    const sendHttp = createSendHttp(
      { privateOrigins: [origin] },
      { lookup: resolvesTo('127.0.0.1'), ca: certificate.cert },
    );
    expect(Buffer.from((await sendHttp(asking(`${origin}/`))).body).toString()).toBe('here');
  });
});
