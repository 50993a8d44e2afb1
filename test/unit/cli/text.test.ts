import { PassThrough } from 'node:stream';
import { ask, readSecret } from '../../../cli/ask.ts';
import { barText, liveLine } from '../../../cli/live-line.ts';
import { factsText, tableText } from '../../../cli/table.ts';
import { columnsOf, fitted, printable, type Terminal } from '../../../cli/terminal.ts';
import { startframe } from '../../support/startframe.ts';

const terminal = (columns?: number) => {
  const written: string[] = [];
  const stream = () => {
    const pipe = new PassThrough();
    pipe.on('data', (chunk) => written.push(String(chunk)));
    return Object.assign(pipe, columns === undefined ? {} : { isTTY: true, columns });
  };
  const input = Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true });
  const made: Terminal = { in: input, out: stream(), err: stream(), hasColor: false };
  return { made, input, text: () => written.join('') };
};

describe('text of others', () => {
  it('is one line that no terminal obeys', () => {
    expect(printable('a\u001b[31mb\r\nc\u0007\u202ed\u200be')).toBe('a�[31mb c��d�e');
  });

  it('is measured in columns, and cut between characters', () => {
    expect(columnsOf('naïve 猫👩‍🚀')).toBe(10);
    expect(fitted('猫猫猫', 5)).toBe('猫猫…');
    expect(fitted('cafe\u0301 au lait', 5)).toBe('cafe\u0301…');
    expect(fitted('short', 5)).toBe('short');
  });
});

describe('a table', () => {
  const columns = [
    { title: 'job', of: ({ job }: { job: string }) => job, shrinksTo: 4 },
    { title: 'cost', of: () => '$0.80', isRight: true as const },
    { title: 'empty', of: () => undefined },
    { title: 'why', of: () => 'because of many reasons', shrinksTo: 6 },
  ];
  const rows = [{ job: '0123456789abcdef' }];

  it('is as wide as it has to be where nobody looks, and shows no column that says nothing', () => {
    expect(tableText(terminal().made, columns, rows)).toBe(
      'job                cost  why\n0123456789abcdef  $0.80  because of many reasons',
    );
  });

  it('fits a narrow terminal, the last columns first', () => {
    const line = (width: number) => tableText(terminal(width).made, columns, rows).split('\n')[1];
    expect(line(40)).toBe('0123456789abcdef  $0.80  because of man…');
    expect(line(24)).toBe('01234567…  $0.80  becau…');
  });
});

test('facts leave out what is not known', () => {
  expect(
    factsText([
      ['a', 'x'],
      ['long name', 'y\nz'],
      ['none', undefined],
    ]),
  ).toBe('  a          x\n  long name  y z');
});

describe('the live line', () => {
  it('is written over on a terminal, below what is said', () => {
    const { made, text } = terminal(20);
    const line = liveLine(made);
    line.show('a line that is far too long');
    line.say('said');
    line.end();
    const live = '\r\u001b[2Ka line that is far…';
    expect(text()).toBe(`${live}\r\u001b[2Ksaid\n${live}\r\u001b[2K`);
  });

  it('is nothing where nobody looks', () => {
    const { made, text } = terminal();
    const line = liveLine(made);
    line.show('live');
    line.say('said');
    line.end();
    expect(text()).toBe('said\n');
  });

  it('shows how far a file is', () => {
    expect(barText('upload', 500_000, 1_000_000)).toBe('upload  ████████████░░░░░░░░░░░░  50 %  1.0 MB');
    expect(barText('upload', 500_000, undefined)).toBe('upload  0.5 MB');
  });
});

describe('a secret', () => {
  it('is not shown while it is typed', async () => {
    const { made, input, text } = terminal(80);
    const secret = readSecret(made, 'Key: ');
    for (const letter of 'sk-1234\r') input.write(letter);
    expect(await secret).toBe('sk-1234');
    expect(text()).toBe('Key: \n');
  });

  it('is read from a pipe, without its last line break', async () => {
    const { made, input, text } = terminal();
    input.end('sk-1234\n');
    expect(await readSecret(made, 'Key: ')).toBe('sk-1234');
    expect(text()).toBe('');
  });

  it('is none when a person leaves', async () => {
    const { made, input } = terminal(80);
    const secret = readSecret(made, 'Key: ');
    input.write('sk-\u0003');
    await expect(secret).rejects.toMatchObject({ exitCode: 130 });
  });
});

test('a question shows what is typed', async () => {
  const { made, input, text } = terminal(80);
  const answer = ask(made, 'Sure? ');
  input.write('yes\r');
  expect(await answer).toBe('yes');
  expect(text()).toContain('yes');
});

describe('help', () => {
  const commands = [
    ...['make', 'jobs', 'show', 'get', 'open', 'cancel', 'redrive', 'delete', 'attention', 'models', 'spend'],
    ...[
      'providers',
      'batch',
      'batch-status',
      'redeliver',
      'webhook-keys',
      'set-key',
      'import',
      'doctor',
      'destroy',
      'outputs',
    ],
  ];

  it.each(commands)('of %s has examples, and every option that all commands have', async (name) => {
    const { code, out } = await startframe([name, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/Examples:\n {2}\S/);
    expect(out).toContain('--json');
  });

  it('lists every command, and the exit codes', async () => {
    const { code, out } = await startframe(['--help']);
    expect(code).toBe(0);
    for (const name of commands) expect(out).toMatch(new RegExp(`^  ${name}`, 'm'));
    expect(out).toContain('Exit codes: 0 done');
  });

  it('is fit for a narrow terminal', async () => {
    const { out } = await startframe(['make', '--help'], { columns: 60 });
    const [options = ''] = out.split('Examples:');
    expect(Math.max(...options.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

test('models that no stack has to be asked for', async () => {
  const { code, out } = await startframe(['models', '--all', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out).models.length).toBeGreaterThan(10);
  expect((await startframe(['models', 'veo3.1-fast', '--all'])).out).toMatch(
    /veo3\.1-fast \(gptproto\)\n +also takes/,
  );
  expect(await startframe(['models', 'sora', '--all'])).toMatchObject({ code: 4 });
});
