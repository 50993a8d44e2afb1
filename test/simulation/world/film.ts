import { createHash } from 'node:crypto';
import fs, { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type RenderedVideo, Renderer } from '../../../simulator/media/renderer.ts';

/** The video of every simulated task: small, complete and playable. */
const path = join(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'video', 'faststart.mp4');
const bytes = readFileSync(path);

export const film = { path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };

/** Renders nothing: the film is ready at once. */
class ReadyFilms extends Renderer {
  override render(): Promise<RenderedVideo> {
    return Promise.resolve({ path: film.path, bytes: film.bytes.length, sha256: film.sha256 });
  }
}

let films: ReadyFilms | undefined;
/** The gateway's renderer in a simulation. */
export const readyFilms = (): ReadyFilms => {
  films ??= new ReadyFilms({ ffmpeg: 'none', keepMs: 0 });
  return films;
};

/** Deletes the renderer's folder; it has one even when it renders nothing. */
export const closeFilms = async (): Promise<void> => {
  await films?.close();
  films = undefined;
};

const real = { createReadStream: fs.createReadStream, readFile: fs.promises.readFile };

/** Serves the film from memory: the gateway reads it from the disk, which takes real time. Returns the undo. */
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
