import { createHash, randomBytes } from 'node:crypto';
import type { Ending, Fault } from '../faults/fault.ts';
import type { PlannedFaults } from '../faults/fault-plan.ts';
import { parseStatusWords } from '../faults/status-words.ts';
import { paletteCount, type Recipe } from '../media/film.ts';
import type { Footage, Renderer } from '../media/renderer.ts';
import { isOver, type Submission, stateOf, type Task } from './task.ts';

export interface TaskBookOptions {
  readonly renderer: Renderer;
  /** How long a task takes. */
  readonly jobMs: number;
}

/** Holds every accepted task and starts its render. */
export class TaskBook {
  private readonly options: TaskBookOptions;
  private readonly byId = new Map<string, Task>();
  private readonly byFileName = new Map<string, Task>();
  /** The highest number of unfinished tasks at one time. */
  peakInFlight = 0;

  constructor(options: TaskBookOptions) {
    this.options = options;
  }

  accept(dialect: string, ordered: Submission, faults: PlannedFaults, now: number): Task {
    const { frames, source, ...submission } = ordered;
    const effects = faults.task.map(({ row }) => row.effect);
    const faultOf = (effect: Effect) => faults.task.find(({ row }) => row.effect === effect);
    const address = faultOf('url');
    const task: Task = {
      id: randomBytes(16).toString('hex'),
      dialect,
      submission,
      frameSha256: frames.map((frame) => frame.sha256),
      createdAtMs: now,
      dueAtMs: now + this.options.jobMs + (faultOf('late')?.seconds ?? 0) * 1000,
      fileName: `${randomBytes(18).toString('base64url')}.mp4`,
      endsAs: effects.find(isEnding) ?? 'succeeded',
      failureText: faultOf('failed')?.text ?? 'The video could not be generated, please try again',
      words: parseStatusWords(faultOf('status-words')?.text),
      falseUrl: address && (address.text ?? 'http://169.254.169.254/latest/meta-data/'),
      isFlaggedUnsafe: effects.includes('unsafe-flag'),
      faultNames: [
        faults.accepted,
        ...faults.task,
        ...faults.poll,
        ...faults.file,
        ...faults.variant,
      ].flatMap((fault) => (fault ? [fault.row.name] : [])),
      variants: faults.variant.map(({ row }) => row.variant),
      pollFaults: faults.poll.map((fault) => ({ fault, left: fault.times })),
      fileFaults: faults.file.map((fault) => ({ fault, left: fault.times })),
      cancelledAtMs: undefined,
      rendering: { state: 'pending' },
      polls: 0,
      downloads: 0,
    };
    this.byId.set(task.id, task);
    this.byFileName.set(task.fileName, task);
    this.peakInFlight = Math.max(this.peakInFlight, this.inFlight(now));
    // The render starts now, to be ready when the task is due. A task that ends without a video needs none.
    if (task.endsAs === 'succeeded') {
      const footage = source ? [source] : frames.slice(0, submission.filmed);
      this.film(task, recipeFor(submission, footage, faultOf('duration')?.seconds, effects), footage);
    }
    return task;
  }

  find(id: string): Task | undefined {
    return this.byId.get(id);
  }

  findByFileName(fileName: string): Task | undefined {
    return this.byFileName.get(fileName);
  }

  all(): Task[] {
    return [...this.byId.values()];
  }

  inFlight(now: number): number {
    return this.all().filter((task) => !isOver(stateOf(task, now))).length;
  }

  clear(): void {
    this.byId.clear();
    this.byFileName.clear();
    this.peakInFlight = 0;
  }

  private film(task: Task, recipe: Recipe, footage: readonly Footage[]): void {
    this.options.renderer.render(recipe, footage).then(
      (video) => {
        task.rendering = { state: 'ready', video, atMs: Date.now() };
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        task.rendering = { state: 'failed', reason: `The video could not be rendered: ${reason}` };
      },
    );
  }
}

type Effect = Extract<Fault, { stage: 'task' }>['effect'];

const endings: readonly Effect[] = ['failed', 'filtered', 'empty', 'cancelled'] satisfies Ending[];
const isEnding = (effect: Effect): effect is Ending => endings.includes(effect);

const recipeFor = (
  { video, prompt }: Pick<Submission, 'video' | 'prompt'>,
  footage: readonly Footage[],
  falseSeconds: number | undefined,
  effects: readonly Effect[],
): Recipe => {
  const { width, height, durationSeconds } = video;
  const isTurned = effects.includes('aspect-ratio');
  return {
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    durationSeconds: falseSeconds ?? durationSeconds,
    // Without a picture the prompt picks one of a few palettes; with one it has no effect. So hundreds of tasks share a render.
    palette: footage.length > 0 ? 0 : createHash('sha256').update(prompt).digest().readUInt8() % paletteCount,
  };
};
