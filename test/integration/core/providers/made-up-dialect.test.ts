import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

// The promise of the registry: a dialect is one file, and its line in `registry.ts` (an import and an entry). Tried on a copy of
// core, with a dialect whose words nobody else has.

const DIALECT = `
import * as z from 'zod';
import { assertSupported, echoesOf, type DialectCapabilities } from '../../capabilities.ts';
import { askJson, type CallRules } from '../../http/request.ts';
import type { Dialect, VideoRequest } from '../../provider.ts';

const Options = z.strictObject({ oven: z.enum(['clay', 'steel']).default('clay') });
const Ticket = z.object({ ticket: z.string() });
const Tray = z.object({ phase: z.enum(['kneading', 'baked', 'burnt']), tray: z.array(z.url()).default([]), why: z.string().default('') });

const WORDS: DialectCapabilities = {
  dialect: 'bakery',
  scenes: ['text-to-video'],
  takes: ['negativePrompt'],
  maxReferenceFrames: 0,
  ownFields: ['recipe', 'without', 'shape', 'oven'],
};

export const bakery: Dialect = {
  options: Options,
  ownFields: WORDS.ownFields,
  models: [
    {
      id: 'sourdough-1',
      scenes: ['text-to-video'],
      aspectRatios: ['4:3'],
      resolutions: ['480p'],
      durationsSeconds: [8],
      fixedDurationWith: [],
      takes: ['negativePrompt'],
      maxPromptCharacters: 100,
      maxReferenceFrames: 0,
      pricePerSecondMicros: { '480p': 1 },
      watermark: 'crust',
      retentionHours: 1,
      lifeCycle: { status: 'available', source: 'made up' },
      source: 'made up',
    },
  ],
  connect(context) {
    const { submitBaseUrl } = context.settings;
    const { oven } = Options.parse(context.settings.options);
    const rules: CallRules = { authorize: (key) => ({ 'x-apron': key }), refusals: { no_flour: 'ProviderBalanceTooLow' } };
    const assertSendable = (request: VideoRequest) => assertSupported(request, WORDS);
    return {
      assertSendable,
      async submit(request) {
        assertSendable(request);
        const { model, prompt, negativePrompt, aspectRatio, extra } = request;
        const body = { ...extra, recipe: prompt, without: negativePrompt, shape: aspectRatio, oven };
        const url = \`\${submitBaseUrl}/bake/\${model}\`;
        const answer = await askJson(context, rules, { purpose: 'submit', method: 'POST', url, body, echoes: echoesOf(request) });
        const ticket = Ticket.safeParse(answer.json).data;
        if (!ticket) throw answer.unreadable('without a ticket');
        return { id: ticket.ticket };
      },
      async check({ id }) {
        const url = \`\${submitBaseUrl}/tray/\${encodeURIComponent(id)}\`;
        const answer = await askJson(context, rules, { purpose: 'check', method: 'GET', url });
        const { phase, tray, why } = Tray.parse(answer.json);
        if (phase === 'kneading') return { state: 'running' };
        if (phase === 'burnt') return { state: 'failed', reason: answer.quote(why), charged: 'unknown' };
        return { state: 'succeeded', outputs: tray.map((loaf) => ({ url: loaf })) };
      },
    };
  },
};
`;

/** What a caller does with a provider of the new dialect, through nothing but what core exports. */
const CALLER = `
import { findModel } from './providers/model-registry.ts';
import type { SendHttp, VideoRequest } from './providers/provider.ts';
import { dialects, providerOf } from './providers/registry.ts';
import { ProviderSettings } from './settings.ts';

const send: SendHttp = async ({ method, url, headers, body }) => {
  const answer = await fetch(url, { method, redirect: 'manual', ...(headers && { headers }), ...(typeof body === 'string' && { body }) });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: new Uint8Array(await answer.arrayBuffer()) };
};
const asked = { dialect: 'bakery', submitBaseUrl: process.argv[2], models: ['sourdough-1'], allowPrivateAddresses: true };
const settings = ProviderSettings.parse({ ...asked, options: { oven: 'steel' } });
const mistakes = ProviderSettings.safeParse({ ...asked, options: { oven: 'gas' } }).error?.issues.map(({ path }) => path);
const model = findModel(settings.dialect, 'sourdough-1');
const request: VideoRequest = {
  model: model?.id ?? '',
  prompt: 'a loaf',
  aspectRatio: '4:3',
  resolution: '480p',
  durationSeconds: 8,
  negativePrompt: 'raisins',
  extra: { salt: 2 },
};
const frame = { mimeType: 'image/png', bytes: 1, url: async () => '', read: async () => new Uint8Array(1) };
const provider = providerOf({ settings, send, key: async () => 'linen-0123456789' });
const refusalOf = (changes: Partial<VideoRequest>) => provider.submit({ ...request, ...changes }).then(() => 'taken', (error: Error) => error.message);
const refusals = [await refusalOf({ startFrame: frame }), await refusalOf({ extra: { Recipe: 'mine' } }), await refusalOf({ personGeneration: 'allow_all' })];
const task = await provider.submit(request);
const statuses = [await provider.check(task), await provider.check(task)];
console.log(JSON.stringify({ dialects: Object.keys(dialects), model, mistakes, refusals, task, statuses }));
`;

const run = promisify(execFile);
let folder: string;
let server: Server;
const heard: unknown[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'startframe-'));
  await cp('core', join(folder, 'core'), { recursive: true });
  await cp('tsconfig.json', join(folder, 'tsconfig.json'));
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await mkdir(join(folder, 'core/providers/dialects/bakery'));
  await writeFile(join(folder, 'core/providers/dialects/bakery/dialect.ts'), DIALECT);
  await writeFile(join(folder, 'core/caller.ts'), CALLER);
  const registry = join(folder, 'core/providers/registry.ts');
  const lines = await readFile(registry, 'utf8');
  await writeFile(
    registry,
    `import { bakery } from './dialects/bakery/dialect.ts';\n${lines.replace('  gptproto,\n', '  bakery,\n  gptproto,\n')}`,
  );

  const trays = [{ phase: 'kneading' }, { phase: 'baked', tray: ['https://shelf.example/loaf.mp4'] }];
  server = createServer(async (request, response) => {
    const body = await text(request);
    const { method, url } = request;
    heard.push({ method, url, key: request.headers['x-apron'], ...(body && { body: JSON.parse(body) }) });
    response.end(JSON.stringify(method === 'POST' ? { ticket: 'no. 7' } : trays.shift()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

it('is known to the settings and the models, and makes a video', async () => {
  const { port } = server.address() as AddressInfo;
  const { stdout } = await run(process.execPath, ['core/caller.ts', `http://127.0.0.1:${port}`], {
    cwd: folder,
  });
  expect(JSON.parse(stdout)).toEqual({
    dialects: expect.arrayContaining(['bakery', 'gptproto']),
    model: expect.objectContaining({ id: 'sourdough-1', dialect: 'bakery', resolutions: ['480p'] }),
    mistakes: [['options', 'oven']],
    refusals: [
      'bakery has no image-to-video',
      'extra Recipe cannot be used: bakery writes it itself',
      'personGeneration cannot be used: bakery has no such parameter',
    ],
    task: { id: 'no. 7' },
    statuses: [
      { state: 'running' },
      { state: 'succeeded', outputs: [{ url: 'https://shelf.example/loaf.mp4' }] },
    ],
  });
  expect(heard).toEqual([
    {
      method: 'POST',
      url: '/bake/sourdough-1',
      key: 'linen-0123456789',
      body: { salt: 2, recipe: 'a loaf', without: 'raisins', shape: '4:3', oven: 'steel' },
    },
    { method: 'GET', url: '/tray/no.%207', key: 'linen-0123456789' },
    { method: 'GET', url: '/tray/no.%207', key: 'linen-0123456789' },
  ]);
}, 60_000);

it('is all that the types of core ask for', async () => {
  const outcome = await run(join('node_modules', '.bin', 'tsc'), ['--noEmit'], { cwd: folder }).catch(
    ({ stdout }: { stdout: string }) => ({ stdout }),
  );
  expect(outcome.stdout).toBe('');
}, 60_000);
