import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filmArguments, type Recipe } from './film.ts';
import type { FrameType } from './frame.ts';

/** What a video is made from: a picture, or the video that it goes on from. */
export interface Footage {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly type: FrameType | 'mp4';
}

export interface RenderedVideo {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface RendererOptions {
  readonly ffmpeg: string;
  /** A video unused for so long is deleted from the disk; asked for again, it is rendered again. */
  readonly keepMs: number;
}

/** ffmpeg could not make the video: usually a picture (or video) whose first bytes look right and whose rest does not. */
export class RenderFailed extends Error {
  override readonly name = 'RenderFailed';
}

interface Shelved {
  readonly video: Promise<RenderedVideo>;
  lastUsedAt: number;
}

// More would only share the same cores, and make the first video as late as the last.
const rendersAtOnce = 2;
const timeLimitMs = 180_000;

/** Makes videos, two at a time, and keeps them: hundreds of tasks with one frame cost one render. */
export class Renderer {
  private readonly options: RendererOptions;
  private readonly folder: Promise<string>;
  private readonly shelf = new Map<string, Shelved>();
  private readonly children = new Set<ChildProcess>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private isClosed = false;
  /** How many times ffmpeg was started; the rest came from the shelf. */
  renders = 0;

  constructor(options: RendererOptions) {
    this.options = options;
    this.folder = mkdtemp(join(tmpdir(), `startframe-gateway-${process.pid}-`));
  }

  /** From nothing, the start frame, that and the last one, or a video. Rejects with RenderFailed. */
  render(recipe: Recipe, footage: readonly Footage[]): Promise<RenderedVideo> {
    const now = Date.now();
    this.clearShelf(now);
    const ingredients = JSON.stringify([recipe, footage.map(({ sha256 }) => sha256)]);
    const key = createHash('sha256').update(ingredients).digest('hex');
    const shelved = this.shelf.get(key);
    if (shelved) {
      shelved.lastUsedAt = now;
      return shelved.video;
    }
    const video = this.inTurn(() => this.make(key, recipe, footage));
    this.shelf.set(key, { video, lastUsedAt: now });
    // A failure is not kept: the disk may have been full. Whoever asked gets the rejection itself.
    video.catch(() => this.shelf.delete(key));
    return video;
  }

  /** Ends the running ffmpeg processes and deletes the files. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const wake of this.waiting.splice(0)) wake();
    const ends = [...this.children].map((child) => new Promise((resolve) => child.once('close', resolve)));
    for (const child of this.children) child.kill('SIGKILL');
    await Promise.all(ends);
    await Promise.allSettled([...this.shelf.values()].map(({ video }) => video));
    await rm(await this.folder, { recursive: true, force: true });
  }

  private async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= rendersAtOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      if (this.isClosed) throw new RenderFailed('the gateway is closing');
      return await work();
    } finally {
      // The place goes straight to the next in the queue, so nobody can slip in between.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private async make(key: string, recipe: Recipe, footage: readonly Footage[]): Promise<RenderedVideo> {
    const folder = await this.folder;
    const inputs = footage.map(({ type }, index) => ({
      path: join(folder, `${key}-${index}.${type}`),
      isVideo: type === 'mp4',
    }));
    const part = join(folder, `${key}.part`);
    const path = join(folder, `${key}.mp4`);
    await Promise.all(footage.map(({ bytes }, index) => writeFile(inputs[index]?.path ?? '', bytes)));
    try {
      await this.runFfmpeg(filmArguments(recipe, inputs, part));
      await rename(part, path);
      const content = await readFile(path);
      return { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
    } finally {
      await Promise.all([part, ...inputs.map(({ path }) => path)].map((file) => rm(file, { force: true })));
    }
  }

  private runFfmpeg(commandLine: readonly string[]): Promise<void> {
    if (this.isClosed) return Promise.reject(new RenderFailed('the gateway is closing'));
    this.renders += 1;
    const child = spawn(this.options.ffmpeg, commandLine, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: timeLimitMs,
    });
    this.children.add(child);
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint = `${complaint}${chunk}`.slice(-2000);
    });
    return new Promise((resolve, reject) => {
      child.once('error', (cause) => {
        this.children.delete(child);
        reject(new RenderFailed(`ffmpeg could not be started: ${cause.message}`, { cause }));
      });
      child.once('close', (code) => {
        this.children.delete(child);
        if (code === 0) resolve();
        else reject(new RenderFailed(complaint.trim().split('\n').at(-1) || `ffmpeg ended with ${code}`));
      });
    });
  }

  private clearShelf(now: number): void {
    for (const [key, { video, lastUsedAt }] of this.shelf) {
      if (now - lastUsedAt < this.options.keepMs) continue;
      this.shelf.delete(key);
      video.then(({ path }) => rm(path, { force: true })).catch(() => undefined);
    }
  }
}
