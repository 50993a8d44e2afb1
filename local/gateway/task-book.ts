import { randomBytes } from 'node:crypto';
import type { SubmitFaults } from './fault-plan.ts';
import type { Renderer } from './renderer.ts';
import { isOver, type Submission, stateOf, type Task } from './tasks.ts';

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

  accept(dialect: string, { frames, ...submission }: Submission, faults: SubmitFaults, now: number): Task {
    const courses = faults.task.map(({ row }) => row.course);
    const late = faults.task.find(({ row }) => row.course === 'late');
    const failure = faults.task.find(({ row }) => row.course === 'failed');
    const task: Task = {
      id: randomBytes(16).toString('hex'),
      dialect,
      submission,
      frameSha256: frames.map((frame) => frame.sha256),
      createdAtMs: now,
      dueAtMs: now + this.options.jobMs + (late?.seconds ?? 0) * 1000,
      fileName: `${randomBytes(18).toString('base64url')}.mp4`,
      endsAs: courses.find((course) => course !== 'late' && course !== 'note') ?? 'succeeded',
      failureText: failure?.text ?? 'The video could not be generated, please try again',
      hasUnsafeNote: courses.includes('note'),
      faultNames: [faults.accepted, ...faults.task, ...faults.poll, ...faults.file, ...faults.look].flatMap(
        (fault) => (fault ? [fault.row.name] : []),
      ),
      looks: faults.look.map(({ row }) => row.look),
      pollFaults: faults.poll.map((fault) => ({ fault, left: fault.times })),
      fileFaults: faults.file.map((fault) => ({ fault, left: fault.times })),
      rendering: { state: 'pending' },
      polls: 0,
      downloads: 0,
    };
    this.byId.set(task.id, task);
    this.byFileName.set(task.fileName, task);
    this.peakInFlight = Math.max(this.peakInFlight, this.inFlight(now));
    // Begun at once, so that it is ready when the task is due; not at all when nobody will see it.
    if (task.endsAs === 'succeeded') this.film(task, frames.slice(0, submission.filmed));
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

  private film(task: Task, pictures: Submission['frames']): void {
    // Without a picture the prompt decides the colours, with one it changes nothing: the render can be shared.
    const seed = pictures.length > 0 ? '' : Buffer.from(task.submission.prompt).toString('hex').slice(-8);
    this.options.renderer.render({ ...task.submission.video, seed }, pictures).then(
      (video) => {
        task.rendering = { state: 'ready', video, atMs: Date.now() };
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        task.rendering = { state: 'failed', reason: `The picture could not be filmed: ${reason}` };
      },
    );
  }
}
