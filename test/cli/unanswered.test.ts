import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Received, serve, type TestServer } from '../support/http-server.ts';
import { png } from '../support/pictures.ts';
import { startframe } from '../support/startframe.ts';

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
    /--key (\S+) and, in place of what was uploaded, (upload:\S+) is the same/.exec(err) ?? [];
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
