import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { exitCodeOf } from '../../../cli/errors.ts';
import { readStartOptions } from '../../../local/start-options.ts';
import { testTerminal } from '../../support/startframe.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'startframe-words-'));
  writeFileSync(join(folder, 'boat.png'), 'a picture');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (words: string[], environment: NodeJS.ProcessEnv = {}, { terminal } = testTerminal()) =>
  readStartOptions(words, environment, folder, terminal);
/** All that the terminal shows: what commander wrote, or the sentence of ours. */
const complaint = (words: string[], environment: NodeJS.ProcessEnv = {}): string => {
  const at = testTerminal();
  try {
    read(words, environment, at);
  } catch (error) {
    expect(exitCodeOf(error)).toBe(2);
    return error instanceof CommanderError ? at.err() : String(error);
  }
  throw new Error('it was understood');
};

test('without a word: the example picture, the defaults of the stage, and staying', () => {
  expect(read([])).toEqual({
    image: expect.stringMatching(/examples\/frame\.jpg$/),
    metadata: {},
    once: false,
    open: false,
  });
});

test('a prompt without a picture is a video of the prompt alone', () => {
  expect(read(['--prompt', 'A boat', '--duration', '4'])).toEqual({
    metadata: { prompt: 'A boat', duration: '4' },
    once: false,
    open: false,
  });
});

test('paths are meant from where the person is; what describes the video becomes metadata', () => {
  const words = [
    'boat.png',
    '--prompt',
    'Über den Wölfen',
    '--aspect-ratio=9:16',
    '--out',
    'films/b.mp4',
    '--once',
  ];
  expect(read(words)).toEqual({
    image: join(folder, 'boat.png'),
    metadata: { prompt: 'Über den Wölfen', 'aspect-ratio': '9:16' },
    out: join(folder, 'films/b.mp4'),
    once: true,
    open: false,
  });
});

test('an API that asks nobody is asked for by a flag', () => {
  expect(read(['--open'])).toMatchObject({ open: true });
});

test('a real gateway takes its key from the environment or from the command line', () => {
  const gateway = { url: 'https://gateway.example', dialect: 'gptproto', key: 'from-environment' };
  const environment = { STARTFRAME_KEY: 'from-environment' };
  expect(read(['--gateway', 'https://gateway.example/'], environment)).toMatchObject({ gateway });
  expect(read(['--gateway', 'https://gateway.example', '--key', 'k'], environment)).toMatchObject({
    gateway: { ...gateway, key: 'k' },
  });
  const bearer = ['--gateway', 'https://gateway.example', '--key-style', 'bearer'];
  expect(read(bearer, environment)).toMatchObject({ gateway: { ...gateway, keyStyle: 'bearer' } });
});

test('the simulated gateway is a provider in each dialect', () => {
  expect(read(['--dialect', 'gemini'])).toMatchObject({ metadata: { provider: 'simulated-gemini' } });
  expect(read(['--dialect', 'gptproto'])).toMatchObject({ metadata: { provider: 'simulated' } });
  expect(read([])).toMatchObject({ metadata: {} });
});

test('a cloud that runs already is taken from AWS_ENDPOINT_URL, and is no place for --port', () => {
  const environment = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };
  expect(read([], environment)).toMatchObject({ endpoint: 'http://127.0.0.1:4566' });
  expect(complaint(['--port', '4666'], environment)).toMatch(/Leave out one of them/);
});

test.each([
  [['nowhere.png'], /no picture .*nowhere\.png/],
  [['.'], /is not a file/],
  [['boat.png', 'boat.png'], /too many arguments\. Expected 1 argument but got 2/],
  [['--nope'], /^error: unknown option '--nope'$/m],
  [['--promt', 'A boat'], /Did you mean --prompt\?/],
  [['--onse'], /npm start -- --help lists the options/],
  [['--out', '--once'], /'--out' needs a value.*--out=VALUE/s],
  [['--out'], /option '--out <file>' argument missing/],
  [['--prompt', '--out=x'], /'--prompt' needs a value/],
  [
    ['--open', '--gateway', 'https://gateway.example', '--key', 'k'],
    /--open is for the simulated gateway only/,
  ],
  [['--once=yes'], /'--once' takes no value/],
  [['--port', '80'], /--port must be a whole number from 1024/],
  [['--port', '4566x'], /not "4566x"/],
  [['--gateway', 'https://gateway.example'], /needs your key.*STARTFRAME_KEY/],
  [['--gateway', 'gateway.example', '--key', 'k'], /must be an http or https address/],
  [
    ['--gateway', 'https://g.example', '--key', 'k', '--dialect', 'x'],
    /--dialect must be gptproto.*, not "x"/,
  ],
  [
    ['--gateway', 'https://g.example', '--key', 'k', '--key-style', 'x'],
    /--key-style must be bare or bearer, not "x"/,
  ],
  [['--key', 'k'], /need --gateway/],
])('%j is refused with a sentence', (words, sentence) => {
  expect(complaint(words)).toMatch(sentence);
});

test('a value may begin with a hyphen', () => {
  expect(read(['--prompt', '- a boat', '--out=--once'])).toMatchObject({
    metadata: { prompt: '- a boat' },
    out: join(folder, '--once'),
  });
});

test('--help lists every option, and examples', () => {
  const at = testTerminal();
  expect(() => read(['--help'], {}, at)).toThrow(CommanderError);
  for (const name of ['prompt', 'once', 'open', 'port', 'gateway', 'dialect', 'key-style'])
    expect(at.out()).toMatch(new RegExp(`^  --${name}`, 'm'));
  expect(at.out()).toMatch(/Examples:\n {2}npm start\n/);
});

test('a key never shows in what is said', () => {
  expect(complaint(['--gateway', 'gateway.example', '--key', 'sk-secret'])).not.toContain('sk-secret');
});
