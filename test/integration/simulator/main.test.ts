import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensurePythonEnvironment } from '../../../local/python-environment.ts';
import { start as startGateway } from './support.ts';

jest.setTimeout(60_000);
beforeAll(() => ensurePythonEnvironment(), 300_000);

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout: string;
  stderr: string;
}

const repository = join(import.meta.dirname, '../../..');

/** `npm run gateway` */
const run = (...options: string[]): Program => start('local/gateway.ts', options);

function start(file: string, options: readonly string[], environment = process.env): Program {
  const child = spawn(process.execPath, [join(repository, file), ...options], { env: environment });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const program: Program = { child, ended, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    program.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    program.stderr += chunk;
  });
  return program;
}

async function ready(program: Program): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const [, url] = /^gateway: (\S+)$/m.exec(program.stdout) ?? [];
    if (url) return url;
    await sleep(50);
  }
  throw new Error(`never ready: ${program.stderr}`);
}

test('says one line on stdout when ready, how to try it on stderr, and keeps the key to itself', async () => {
  const program = run('--port', '0', '--key', 'sk-mine', '--verbose', '--seconds', '0.1');
  const url = await ready(program);
  await fetch(`${url}/_gateway/health?key=sk-mine`, { headers: { authorization: 'sk-mine' } });
  program.child.kill('SIGINT');
  expect(await program.ended).toBe(0);
  expect(program.stdout).toBe(`gateway: ${url}\n`);
  expect(program.stderr).toContain(`curl ${url}/api/v3/google/veo3.1-fast/image-to-video`);
  expect(program.stderr).toMatch(/^GET \/_gateway\/health 200 \d+ ms$/m);
  expect(program.stdout + program.stderr).not.toContain('sk-mine');
});

test('the first steps it prints work as they are', async () => {
  const program = run('--port', '0', '--seconds', '0.1');
  const url = await ready(program);
  const response = await fetch(`${url}/api/v3/google/veo3.1-fast/image-to-video`, {
    method: 'POST',
    headers: { authorization: 'local-key', 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'The boat drifts', image: `${url}/_gateway/frame.jpg` }),
  });
  expect(response.status).toBe(200);
  await sleep(200);
  // A render is at work now. Neither it nor its files may outlive the program.
  program.child.kill('SIGTERM');
  expect(await program.ended).toBe(0);
  const own = readdirSync(tmpdir()).filter((name) =>
    name.startsWith(`startframe-gateway-${program.child.pid}-`),
  );
  expect(own).toEqual([]);
});

test('a busy port is one sentence that says what to do', async () => {
  const other = await startGateway();
  try {
    const program = run('--port', String(other.port));
    expect(await program.ended).toBe(1);
    expect(program.stderr).toMatch(/^gateway: Port \d+ on 127.0.0.1 is in use\. .*--port.*\n$/);
  } finally {
    await other.close();
  }
});

test('the gateway alone says what to do when there is no ffmpeg on the PATH', async () => {
  const program = start('simulator/main.ts', ['--port', '0'], { ...process.env, PATH: '/nowhere' });
  expect(await program.ended).toBe(1);
  expect(program.stderr).toBe(
    'gateway: ffmpeg is not on the PATH. Install it, or name one with --ffmpeg PATH.\n',
  );
});

test('--help shows examples and every fault', async () => {
  const program = run('--help');
  expect(await program.ended).toBe(0);
  expect(program.stdout).toContain('npm run gateway -- --port 0');
  expect(program.stdout).toContain('redirect-origin');
  expect(program.stdout).toContain('x-goog-api-key');
  expect(program.stdout).toContain('shape-4');
});

test.each([
  [['--port', 'x'], '--port must be a whole number, not "x"'],
  [['--port', '70000'], '--port'],
  [['--seconds', '-1'], '--seconds'],
  [['--auth-style', 'basic'], '--auth-style must be any, bare or bearer'],
  [['--openai-shape', '5'], '--openai-shape must be 1, 2, 3 or 4, not "5"'],
  [['--gemini-duration', 'text'], '--gemini-duration must be number, string or any'],
  [['--openai-images', 'x'], '--openai-images'],
  [['--openai-seconds', 'x'], '--openai-seconds'],
  [['--public-url', 'gateway.example'], '--public-url must be an http(s) URL'],
  [['--key', ''], '--key must not be empty'],
  [['--colour', 'red'], '--colour'],
])('%j is refused with a sentence', async (options, sentence) => {
  const program = run(...options);
  expect(await program.ended).toBe(1);
  expect(program.stderr).toContain(sentence);
  expect(program.stderr).not.toContain('    at ');
});
