import { createHash, randomBytes } from 'node:crypto';
import type { SubmitFaults } from '../faults/fault-plan.ts';
import type { Ending, Fault } from '../faults/faults.ts';
import { readTaskWords } from '../faults/status-words.ts';
import { lookCount, type Recipe } from '../media/film.ts';
import type { Footage, Renderer } from '../media/renderer.ts';
import { isOver, type Submission, stateOf, type Task } from './task.ts';

export interface TaskBookOptions {
  readonly renderer: Renderer;
  /** How long a task takes. */
  readonly jobMs: number;
}

/** Every task that was accepted, and the start of its video. */
export class TaskBook {
  private readonly options: TaskBookOptions;
  private readonly byId = new Map<string, Task>();
  private readonly byFileName = new Map<string, Task>();
  /** The most tasks that were unfinished at once. */
  peakInFlight = 0;

  constructor(options: TaskBookOptions) {
    this.options = options;
  }

  accept(dialect: string, ordered: Submission, faults: SubmitFaults, now: number): Task {
    const { frames, source, ...submission } = ordered;
    const courses = faults.task.map(({ row }) => row.course);
    const faultOf = (course: Course) => faults.task.find(({ row }) => row.course === course);
    const address = faultOf('address');
    const task: Task = {
      id: randomBytes(16).toString('hex'),
      dialect,
      submission,
      frameSha256: frames.map((frame) => frame.sha256),
      createdAtMs: now,
      dueAtMs: now + this.options.jobMs + (faultOf('late')?.seconds ?? 0) * 1000,
      fileName: `${randomBytes(18).toString('base64url')}.mp4`,
      endsAs: courses.find(isEnding) ?? 'succeeded',
      failureText: faultOf('failed')?.text ?? 'The video could not be generated, please try again',
      words: readTaskWords(faultOf('words')?.text),
      falseAddress: address && (address.text ?? 'http://169.254.169.254/latest/meta-data/'),
      hasUnsafeNote: courses.includes('note'),
      faultNames: [faults.accepted, ...faults.task, ...faults.poll, ...faults.file, ...faults.look].flatMap(
        (fault) => (fault ? [fault.row.name] : []),
      ),
      looks: faults.look.map(({ row }) => row.look),
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
    // Begun at once, so that it is ready when the task is due; not at all when nobody will see it.
    if (task.endsAs === 'succeeded') {
      const footage = source ? [source] : frames.slice(0, submission.filmed);
      this.film(task, recipeFor(submission, footage, faultOf('length')?.seconds, courses), footage);
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
        task.rendering = { state: 'failed', reason: `It could not be filmed: ${reason}` };
      },
    );
  }
}

type Course = Extract<Fault, { stage: 'task' }>['course'];

const endings: readonly Course[] = ['failed', 'filtered', 'empty', 'cancelled'] satisfies Ending[];
const isEnding = (course: Course): course is Ending => endings.includes(course);

function recipeFor(
  { video, prompt }: Pick<Submission, 'video' | 'prompt'>,
  footage: readonly Footage[],
  falseSeconds: number | undefined,
  courses: readonly Course[],
): Recipe {
  const { width, height, durationSeconds } = video;
  const isTurned = courses.includes('aspect');
  return {
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    durationSeconds: falseSeconds ?? durationSeconds,
    // Without a picture the prompt picks one of a few films, with one it changes nothing: hundreds of tasks share a render.
    look: footage.length > 0 ? 0 : createHash('sha256').update(prompt).digest().readUInt8() % lookCount,
  };
}
