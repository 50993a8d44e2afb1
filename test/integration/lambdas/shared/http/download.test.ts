import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { AddressRefused, TransportError } from '../../../../../core/kernel/errors.ts';
import type { AddressPolicy } from '../../../../../core/providers/address-policy.ts';
import {
  type Download,
  type DownloadOptions,
  DownloadRefused,
  openDownload,
} from '../../../../../lambdas/shared/http/download.ts';
import { ownOriginsOnly } from '../../../../../lambdas/shared/providers/provider-client.ts';
import { certificate } from '../../../../support/certificate.ts';
import { freePort } from '../../../../support/free-port.ts';
import {
  allClosed,
  closeServers,
  errorOf,
  resolvesTo,
  serve,
  serveTcp,
  serveTls,
} from '../../../../support/loopback.ts';

afterEach(closeServers);

/** For sources that are to be cut; the others are given time, also on a busy machine. */
const SLOWEST = { bytes: 1_000, inMs: 300 };
const PATIENT = { bytes: 1, inMs: 10_000 };

const allow = (...servers: { origin: string }[]): AddressPolicy => ({
  privateOrigins: servers.map(({ origin }) => origin),
});

const open = (
  url: string,
  policy: AddressPolicy,
  changes: Partial<DownloadOptions> = {},
): Promise<Download> => openDownload({ url, policy, slowest: PATIENT, connectTimeoutMs: 5_000, ...changes });

const readAll = async (body: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** The body fails by name, never with a clean end. */
const expectCut = async (download: Download): Promise<void> => {
  expect(await errorOf(readAll(download.body))).toBeInstanceOf(TransportError);
};

const VIDEO = Buffer.alloc(3_000_000, 'video');

describe('a good source', () => {
  it('is read whole, with what it declares', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': VIDEO.length }).end(VIDEO),
    );
    const download = await open(`${server.origin}/v.mp4?sig=1`, allow(server));
    expect(download).toMatchObject({
      status: 200,
      contentType: 'video/mp4',
      contentLength: VIDEO.length,
      finalUrlOrigin: server.origin,
    });
    expect((await readAll(download.body)).equals(VIDEO)).toBe(true);
    expect(server.seen).toEqual(['/v.mp4?sig=1']);
    await allClosed(server);
  });

  it('may declare no length', async () => {
    const server = await serve((_request, response) => {
      response.write(VIDEO);
      response.end();
    });
    const download = await open(server.origin, allow(server));
    expect(download.contentLength).toBeUndefined();
    expect((await readAll(download.body)).length).toBe(VIDEO.length);
  });

  it('waits for a slow reader, without filling the memory', async () => {
    const server = await serve((_request, response) => response.end(VIDEO));
    const { body } = await open(server.origin, allow(server), { slowest: SLOWEST });
    let length = 0;
    for await (const chunk of body) {
      if (length === 0) await sleep(SLOWEST.inMs * 3);
      length += chunk.length;
      expect(body.readableLength).toBeLessThan(500_000);
    }
    expect(length).toBe(VIDEO.length);
  });

  it('is unpacked when it comes packed, and its length is then unknown', async () => {
    const packed = gzipSync(VIDEO);
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed),
    );
    const download = await open(server.origin, allow(server));
    expect(download.contentLength).toBeUndefined();
    expect((await readAll(download.body)).equals(VIDEO)).toBe(true);
  });

  it('comes over TLS', async () => {
    const server = await serveTls((_request, response) => response.end(VIDEO));
    const origin = `https://gateway.test:${server.port}`;
    const { body } = await open(origin, allow({ origin }), {
      lookup: resolvesTo('127.0.0.1'),
      ca: certificate.cert,
    });
    expect((await readAll(body)).length).toBe(VIDEO.length);
  });
});

describe('a bad source fails the body', () => {
  it.each([
    ['cut short of its length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc'],
    ['cut before the first byte', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n'],
    ['cut in a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'],
    ['cut between chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n'],
  ])('%s', async (_what, answer) => {
    const server = await serveTcp((socket) => socket.once('data', () => socket.end(answer)));
    await expectCut(await open(server.origin, allow(server)));
    await allClosed(server);
  });

  it('reset in the middle', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('abc');
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
    });
    await expectCut(await open(server.origin, allow(server)));
  });

  it('also when it failed before anybody read', async () => {
    const server = await serveTcp((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc')),
    );
    const download = await open(server.origin, allow(server));
    download.body.read(0);
    await sleep(50);
    await expectCut(download);
  });

  it('dripping', async () => {
    const server = await serve((_request, response) => {
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    });
    await expectCut(await open(server.origin, allow(server), { slowest: SLOWEST }));
    await allClosed(server);
  });

  it('fast at first, then silent', async () => {
    const server = await serve((_request, response) => response.write(VIDEO));
    await expectCut(await open(server.origin, allow(server), { slowest: SLOWEST }));
    await allClosed(server);
  });

  it('longer than allowed, packed or not', async () => {
    const plain = await serve((_request, response) => response.end(VIDEO));
    await expectCut(await open(plain.origin, allow(plain), { maxBytes: 1_000_000 }));
    const packed = gzipSync(Buffer.alloc(50_000_000));
    const bomb = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
    );
    await expectCut(await open(bomb.origin, allow(bomb), { maxBytes: 1_000_000 }));
    await allClosed(plain);
    await allClosed(bomb);
  });

  it('packed, but broken', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(VIDEO).subarray(0, -20)),
    );
    await expectCut(await open(server.origin, allow(server)));
    await allClosed(server);
  });
});

describe('giving up', () => {
  it('by signal, while reading', async () => {
    const server = await serve((_request, response) => response.write(VIDEO));
    const controller = new AbortController();
    const download = await open(server.origin, allow(server), { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expectCut(download);
    await allClosed(server);
  });

  it('by signal, before the answer and before the start', async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const { signal } = controller;
    expect(await errorOf(open(server.origin, allow(server), { signal }))).toBeInstanceOf(TransportError);
    expect(await errorOf(open(server.origin, allow(server), { signal }))).toBeInstanceOf(TransportError);
    await allClosed(server);
  });

  it('by the reader, who destroys the body, packed or not', async () => {
    for (const headers of [{}, { 'content-encoding': 'gzip' }]) {
      const server = await serve((_request, response) => response.writeHead(200, headers).write(VIDEO));
      (await open(server.origin, allow(server))).body.destroy();
      await allClosed(server);
    }
  });

  it('on a source that never answers', async () => {
    const server = await serve(() => {});
    expect(await errorOf(open(server.origin, allow(server), { slowest: SLOWEST }))).toMatchObject({
      name: 'TransportError',
      sent: true,
    });
    await allClosed(server);
  });

  it('on a source that is not there', async () => {
    const origin = `http://127.0.0.1:${await freePort()}`;
    expect(await errorOf(open(origin, allow({ origin })))).toMatchObject({
      name: 'TransportError',
      sent: false,
    });
  });
});

describe('refused by the source', () => {
  it.each([
    [401, true],
    [403, true],
    [404, true],
    [410, true],
    [400, false],
    [429, false],
    [500, false],
    [503, false],
  ])('%d', async (status, stale) => {
    const server = await serve((_request, response) => response.writeHead(status).end('<html>'));
    const error = await errorOf(open(`${server.origin}/v?X-Amz-Signature=abc`, allow(server)));
    expect(error).toBeInstanceOf(DownloadRefused);
    expect(error).toMatchObject({ name: 'DownloadRefused', status, stale });
    expect(String(error)).not.toContain('Signature');
    await allClosed(server);
  });
});

it('lets go of an answer that is of no use, though the source goes on sending it', async () => {
  for (const status of [302, 404, 503]) {
    const server = await serve((_request, response) => response.writeHead(status).write('<html>'));
    await errorOf(open(server.origin, allow(server)));
    await allClosed(server);
  }
});

describe('redirects', () => {
  const redirectTo = (location: string, status = 302) =>
    serve((_request, response) => response.writeHead(status, { location }).end('moved'));

  it.each([301, 302, 303, 307, 308])('%d is followed by hand, relative ones too', async (status) => {
    const server = await serve((request, response) => {
      if (request.url === '/here') response.writeHead(status, { location: 'there?a=b' }).end();
      else response.end(VIDEO);
    });
    const { body } = await open(`${server.origin}/here`, allow(server));
    expect((await readAll(body)).length).toBe(VIDEO.length);
    expect(server.seen).toEqual(['/here', '/there?a=b']);
    await allClosed(server);
  });

  it('in a circle ends', async () => {
    const server = await redirectTo('/again');
    expect(await errorOf(open(server.origin, allow(server)))).toBeInstanceOf(TransportError);
    expect(server.seen).toHaveLength(6);
    await allClosed(server);
  });

  it.each([
    ['nowhere', undefined],
    ['to something that is no address', 'http://['],
  ])('%s', async (_what, location) => {
    const server = await serve((_request, response) =>
      response.writeHead(302, location === undefined ? {} : { location }).end(),
    );
    expect(await errorOf(open(server.origin, allow(server)))).toBeInstanceOf(TransportError);
    await allClosed(server);
  });

  it.each([
    'http://127.0.0.1',
    'https://127.0.0.1',
    'https://localhost',
    'https://2130706433',
    'https://[::1]',
  ])('to another server of ours (%s) is refused, and nothing is heard there', async (host) => {
    const canary = await serve((_request, response) => response.end(VIDEO));
    const server = await redirectTo(`${host}:${canary.port}/v.mp4`);
    expect(await errorOf(open(server.origin, allow(server)))).toBeInstanceOf(AddressRefused);
    expect(canary.seen).toEqual([]);
    expect(canary.sockets.size).toBe(0);
    await allClosed(server);
  });

  it.each(['file:///etc/passwd', 'data:video/mp4;base64,AAAA', 'ftp://127.0.0.1/'])(
    'to %s is refused',
    async (location) => {
      const server = await redirectTo(location);
      expect(await errorOf(open(server.origin, allow(server)))).toBeInstanceOf(AddressRefused);
    },
  );

  it('do not carry a key to another origin', async () => {
    const keys: unknown[] = [];
    const second = await serve((request, response) => {
      keys.push(request.headers['x-goog-api-key'], request.headers.authorization);
      response.end(VIDEO);
    });
    const first = await serve((request, response) => {
      keys.push(request.headers['x-goog-api-key'], request.headers.authorization);
      response.writeHead(302, { location: `${second.origin}/v.mp4` }).end();
    });
    const download = await open(first.origin, allow(first, second), {
      headersFor: (origin) =>
        origin === first.origin ? { 'x-goog-api-key': 'key', authorization: 'key' } : undefined,
    });
    expect(download.finalUrlOrigin).toBe(second.origin);
    await readAll(download.body);
    expect(keys).toEqual(['key', 'key', undefined, undefined]);
  });

  it.each([
    ['to its own poll address, with the key', true, 'key'],
    ['elsewhere, without it', false, undefined],
  ])('of a provider: %s', async (_what, isOwn, key) => {
    const keys: unknown[] = [];
    const second = await serve((request, response) => {
      keys.push(request.headers['x-goog-api-key']);
      response.end(VIDEO);
    });
    const first = await redirectTo(`${second.origin}/v.mp4`);
    const settings = { submitBaseUrl: `${first.origin}/v1`, ...(isOwn && { pollBaseUrl: second.origin }) };
    const download = await open(first.origin, allow(first, second), {
      headersFor: ownOriginsOnly(settings, { 'x-goog-api-key': 'key' }),
    });
    await readAll(download.body);
    expect(keys).toEqual([key]);
  });

  it('are bound by the allowed origins too', async () => {
    const second = await serve((_request, response) => response.end(VIDEO));
    const first = await redirectTo(second.origin);
    const policy = { ...allow(first, second), allowedOrigins: [first.origin] };
    expect(await errorOf(open(first.origin, policy))).toBeInstanceOf(AddressRefused);
    expect(second.seen).toEqual([]);
  });
});

it('only https is fetched from a public address', async () => {
  const error = await errorOf(open('http://example.com/v.mp4', { privateOrigins: [] }));
  expect(error).toBeInstanceOf(AddressRefused);
});

it('a name that resolves to loopback is refused at connect', async () => {
  const canary = await serveTls((_request, response) => response.end(VIDEO));
  for (const options of [{}, { lookup: resolvesTo('127.0.0.1') }]) {
    const url = `https://localhost:${canary.port}/v.mp4`;
    expect(await errorOf(open(url, { privateOrigins: [] }, options))).toBeInstanceOf(AddressRefused);
  }
  expect(canary.sockets.size).toBe(0);
});
