import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filmArguments, type Recipe } from './film.ts';
import type { FrameType } from './frame.ts';

/** What a video is made from: a picture, or the video that it extends. */
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
  /** A video that stays unused for this long is deleted. A later request renders it again. */
  readonly keepMs: number;
}

/** ffmpeg could not make the video, mostly because only the first bytes of a picture or video are right. */
export class RenderFailed extends Error {
  override readonly name = 'RenderFailed';
}

interface CachedVideo {
  readonly video: Promise<RenderedVideo>;
  lastUsedAt: number;
}

// More would share the same cores and delay the first video.
const rendersAtOnce = 2;
const timeLimitMs = 180_000;

/** Renders videos, two at a time, and caches them: hundreds of tasks with one frame cost one render. */
export class Renderer {
  private readonly options: RendererOptions;
  private readonly folder: Promise<string>;
  private readonly cache = new Map<string, CachedVideo>();
  private readonly children = new Set<ChildProcess>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private isClosed = false;
  /** How often ffmpeg was started; all other videos came from the cache. */
  renders = 0;

  constructor(options: RendererOptions) {
    this.options = options;
    this.folder = mkdtemp(join(tmpdir(), `startframe-gateway-${process.pid}-`));
  }

  /** Footage: nothing, the start frame, start and last frame, or a video. Rejects with RenderFailed. */
  render(recipe: Recipe, footage: readonly Footage[]): Promise<RenderedVideo> {
    const now = Date.now();
    this.clearCache(now);
    const ingredients = JSON.stringify([recipe, footage.map(({ sha256 }) => sha256)]);
    const key = createHash('sha256').update(ingredients).digest('hex');
    const cached = this.cache.get(key);
    if (cached) {
      cached.lastUsedAt = now;
      return cached.video;
    }
    const video = this.withRenderSlot(() => this.make(key, recipe, footage));
    this.cache.set(key, { video, lastUsedAt: now });
    // A failure is not cached: the disk may have been full. The caller gets the rejection itself.
    video.catch(() => this.cache.delete(key));
    return video;
  }

  /** Ends the running ffmpeg processes and deletes the files. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const wake of this.waiting.splice(0)) wake();
    const ends = [...this.children].map((child) => new Promise((resolve) => child.once('close', resolve)));
    for (const child of this.children) child.kill('SIGKILL');
    await Promise.all(ends);
    await Promise.allSettled([...this.cache.values()].map(({ video }) => video));
    await rm(await this.folder, { recursive: true, force: true });
  }

  private async withRenderSlot<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= rendersAtOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      if (this.isClosed) throw new RenderFailed('the gateway is closing');
      return await work();
    } finally {
      // The slot passes straight to the next waiting render, so that no other can take it in between.
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

  private clearCache(now: number): void {
    for (const [key, { video, lastUsedAt }] of this.cache) {
      if (now - lastUsedAt < this.options.keepMs) continue;
      this.cache.delete(key);
      video.then(({ path }) => rm(path, { force: true })).catch(() => undefined);
    }
  }
}
