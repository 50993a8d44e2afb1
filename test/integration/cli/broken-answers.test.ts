import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answered, type Received, serve, type TestServer } from '../../support/http-server.ts';
import { png } from '../../support/pictures.ts';
import { startframe } from '../../support/startframe.ts';

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), 'startframe-unanswered-'));
beforeAll(() => writeFileSync(join(folder, 'boat.png'), png()));
afterEach(() => server.close());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const job = {
  jobId: 'made',
  status: 'accepted',
  owner: 'o',
  scene: 'image-to-video',
  metadata: {},
  createdAt: '',
};

/** An API that takes uploads, and breaks the connection after each order until it does not. */
const serveBroken = async (isBroken: () => boolean): Promise<TestServer> => {
  let uploads = 0;
  return serve(({ url }: Received) => {
    if (url === '/uploads') {
      uploads += 1;
      const place = { url: `${server.url}/bucket`, fields: {}, frameKey: `up/${uploads}`, expiresAt: '' };
      return { status: 201, body: JSON.stringify(place) };
    }
    if (url === '/bucket') return { status: 204 };
    return isBroken() ? 'hang up' : { status: 202, body: JSON.stringify(job) };
  });
};

test('an order that got no answer can be sent again as the very same', async () => {
  let isBroken = true;
  server = await serveBroken(() => isBroken);
  const order = (words: readonly string[]) =>
    startframe(['make', ...words, '-p', 'A boat.', '--url', server.url], { folder });
  const { code, err } = await order(['boat.png']);
  expect(code).toBe(1);
  const [, key = '', upload = ''] =
    /--key (\S+) and, in place of the uploaded files, (upload:\S+): it is the same request/.exec(err) ?? [];
  expect(upload).toBe('upload:up/1');
  isBroken = false;
  expect(await order([upload, '--key', key])).toMatchObject({ code: 0, out: 'made\n' });
  const orders = server.received.filter(({ url }) => url === '/jobs');
  expect(orders).toHaveLength(5);
  expect(new Set(orders.map(({ headers, body }) => `${headers['idempotency-key']} ${body}`)).size).toBe(1);
});

test('an order that was refused is nothing of that kind', async () => {
  server = await serve(() => ({
    status: 400,
    body: JSON.stringify({ title: 'INVALID_PARAMETERS', detail: 'No.' }),
  }));
  const { code, err } = await startframe(['make', '-p', 'A', '--url', server.url]);
  expect({ code, err }).toEqual({ code: 2, err: 'INVALID_PARAMETERS: No.\n' });
});

describe('a video that comes otherwise than it was stored', () => {
  const stored = createHash('sha256').update('the video').digest('hex');
  const video = { bucket: 'b', key: 'k', bytes: 9, sha256: stored, durationSeconds: 8, width: 16, height: 9 };
  const files = (): string[] => readdirSync(folder).filter((name) => name.includes('.mp4'));
  const get = async (content: (count: number) => Answered | 'hang up') => {
    let fetched = 0;
    server = await serve(({ url }) => {
      if (url.startsWith('/jobs/made/video'))
        return { status: 200, body: JSON.stringify({ url: `${server.url}/file?secret`, expiresAt: '' }) };
      if (url.startsWith('/jobs/made'))
        return { status: 200, body: JSON.stringify({ ...job, status: 'succeeded', video }) };
      fetched += 1;
      return content(fetched);
    });
    return startframe(['get', 'made', '-o', 'boat.mp4', '--url', server.url], { folder });
  };

  it('is no file, not even half a one', async () => {
    const { code, out, err } = await get(() => ({ status: 200, body: 'another video' }));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('is not the video of job made: its hash differs');
    expect(files()).toEqual([]);
  }, 20_000);

  it('is asked for again, by a fresh address, which is not shown', async () => {
    const { code, err } = await get((count) =>
      count === 1 ? { status: 403, body: '' } : { status: 200, body: 'the video' },
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(files()).toEqual(['boat.mp4']);
    expect(server.received.filter(({ url }) => url.startsWith('/jobs/made/video'))).toHaveLength(2);
    rmSync(join(folder, 'boat.mp4'));
    await server.close();
    const refused = await get(() => ({ status: 403, body: '' }));
    expect(refused.err).toMatch(/answered HTTP 403/);
    expect(refused.err).not.toContain('secret');
  }, 20_000);
});
