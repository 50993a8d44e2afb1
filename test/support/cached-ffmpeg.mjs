#!/usr/bin/env node
// ffmpeg for the tests: the same arguments and inputs give the same bytes, so a film is rendered once a run, whoever needs it.
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { constants, copyFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const { STARTFRAME_TEST_FFMPEG: ffmpeg = '', STARTFRAME_TEST_FILMS: films = '' } = process.env;
const words = process.argv.slice(2);
const output = words.at(-1) ?? '';

const hash = createHash('sha256');
for (const [index, word] of words.slice(0, -1).entries())
  hash.update(words[index - 1] === '-i' && existsSync(word) ? readFileSync(word) : `${word}\0`);
const film = join(films, hash.digest('hex'));

if (existsSync(film)) copyFileSync(film, output, constants.COPYFILE_FICLONE);
else {
  const child = spawn(ffmpeg, words, { stdio: 'inherit' });
  child.once('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
    if (code !== 0) return;
    const part = `${film}.${randomUUID()}`;
    copyFileSync(output, part, constants.COPYFILE_FICLONE);
    renameSync(part, film);
  });
}
