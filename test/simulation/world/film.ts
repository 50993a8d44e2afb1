import { createHash } from 'node:crypto';
import fs, { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** The video that every task of the proof makes: small, whole and playable. */
const path = join(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'video', 'faststart.mp4');
const bytes = readFileSync(path);

export const film = { path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };

const real = { createReadStream: fs.createReadStream, readFile: fs.promises.readFile };

/** The gateway reads its films from the disk, which takes real time; this one comes from memory. Answers how to undo it. */
export const installFilm = (): (() => void) => {
  Object.assign(fs, {
    createReadStream: (...given: unknown[]) => {
      const [file, range] = given;
      if (file !== path) return Reflect.apply(real.createReadStream, fs, given);
      const { start = 0, end = bytes.length - 1 } = rangeOf(range);
      return Readable.from([bytes.subarray(start, end + 1)]);
    },
  });
  Object.assign(fs.promises, {
    readFile: (...given: unknown[]) =>
      given[0] === path
        ? Promise.resolve(Buffer.from(bytes))
        : Reflect.apply(real.readFile, fs.promises, given),
  });
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, { createReadStream: real.createReadStream });
    Object.assign(fs.promises, { readFile: real.readFile });
    syncBuiltinESMExports();
  };
};

const rangeOf = (value: unknown): { start?: number; end?: number } =>
  typeof value === 'object' && value !== null ? value : {};
