import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '../../support/http-server.ts';
import { startframe } from '../../support/startframe.ts';

// The program of the system that opens addresses, replaced by one that notes what it was given.

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'startframe-open-'));
  for (const name of ['xdg-open', 'open'])
    writeFileSync(
      join(folder, name),
      `#!/bin/sh\necho "$1" > ${folder}/part && mv ${folder}/part ${folder}/opened\n`,
      {
        mode: 0o755,
      },
    );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const opened = async (url: string) => {
  const server = await serve(() => ({ status: 200, body: JSON.stringify({ url, expiresAt: '' }) }));
  const environment = { PATH: `${folder}:${process.env.PATH}` };
  try {
    const ran = await startframe(['open', 'x', '--url', server.url], { columns: 80, environment });
    for (let tries = 0; tries < 20 && !existsSync(join(folder, 'opened')); tries += 1) await sleep(50);
    return {
      ...ran,
      given: existsSync(join(folder, 'opened')) && readFileSync(join(folder, 'opened'), 'utf8'),
    };
  } finally {
    await server.close();
  }
};

it('opens the address of a video', async () => {
  const url = 'https://videos.example/boat.mp4?X-Amz-Signature=1&b=2';
  expect(await opened(url)).toMatchObject({ code: 0, given: `${url}\n` });
});

it.each([
  'file:///etc/passwd',
  'javascript:alert(1)',
  'ms-settings:privacy',
  '/bin/sh',
  '-a Terminal',
  'calc\u001b[2J',
])('opens nothing but a web address: not %j', async (url) => {
  const { code, given, err } = await opened(url);
  expect({ code, given }).toEqual({ code: 1, given: false });
  expect(err).toContain('no web address. It was not opened: ');
  expect(err).not.toContain('\u001b');
});
