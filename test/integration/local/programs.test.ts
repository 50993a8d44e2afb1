import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Endings } from '../../../local/endings.ts';
import { isRunning, runProgram, startProgram } from '../../../local/programs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'startframe-programs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const shell = (script: string) => ({
  command: '/bin/sh',
  parameters: ['-c', script],
  folder,
  environment: { PATH: process.env.PATH },
  logFile: join(folder, 'program.log'),
});

test('what a program says, on both streams, and how it ended', async () => {
  const { code, output } = await runProgram(shell('echo out; echo err >&2; exit 3'), () => undefined);
  expect({ code, output }).toEqual({ code: 3, output: 'out\nerr\n' });
});

test('a program is ended with its children, also one that does not listen', async () => {
  const program = await startProgram(shell('trap "" TERM; sleep 60 & echo $! > child; wait; sleep 60'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const child = Number(readFileSync(join(folder, 'child'), 'utf8'));
  expect([isRunning(program.pid), isRunning(child)]).toEqual([true, true]);
  await program.stop();
  // Orphans are buried by the first process of the machine, in its own time.
  for (let tries = 0; tries < 50 && isRunning(child); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect([isRunning(program.pid), isRunning(child)]).toEqual([false, false]);
}, 15_000);

test('a program that is not there is an error, not an exit code', async () => {
  await expect(startProgram({ ...shell(''), command: join(folder, 'nothing') })).rejects.toThrow('ENOENT');
});

test('things end in the reverse order of their start, whatever one of them does', async () => {
  const ended: string[] = [];
  const complaints = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const endings = new Endings();
  endings.add(() => void ended.push('cloud'));
  endings.add(() => Promise.reject(new Error('stuck')));
  endings.add(() => void ended.push('gateway'));
  await Promise.all([endings.run(), endings.run()]);
  endings.add(() => void ended.push('started too late'));
  await endings.run();
  expect(ended).toEqual(['gateway', 'cloud', 'started too late']);
  expect(complaints).toHaveBeenCalledWith('Something that was started could not be ended: stuck');
});
