import type { SubmitFaults } from '../faults/fault-plan.ts';
import type { Ending, Look } from '../faults/faults.ts';
import type { TaskWords } from '../faults/status-words.ts';
import type { Recipe } from '../media/film.ts';
import type { Frame } from '../media/frame.ts';
import type { RenderedVideo } from '../media/renderer.ts';
import type { SourceVideo } from '../media/source-video.ts';

/** What a dialect read from a submit. */
export interface Submission {
  readonly model: string;
  readonly scene: string;
  readonly prompt: string;
  /** As they will be used, defaults filled in; shown in the ledger. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Parameters of other models behind the same gateway, taken as they came and without effect; shown in the ledger. */
  readonly passedThrough: Readonly<Record<string, unknown>>;
  /** Names of body fields that the dialect does not know. */
  readonly ignoredFields: readonly string[];
  /** Every picture that came. */
  readonly frames: readonly Frame[];
  /** How many of them are filmed: none, the first, or a dissolve from the first to the second. */
  readonly filmed: 0 | 1 | 2;
  /** The video that is lengthened, where its bytes could be had. */
  readonly source?: SourceVideo | undefined;
  readonly video: Pick<Recipe, 'width' | 'height' | 'durationSeconds'>;
  /** How many videos were asked for; all of a task are the same film. */
  readonly samples: number;
  readonly samplePriceMicros: number;
  /** The client wants the answer to the submit only when the task is over. */
  readonly isSynchronous?: boolean;
}

/** Our words; each dialect has its own for them. `mystery` is a word that no client knows. */
export const taskStates = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'filtered',
  'empty',
  'cancelled',
  'mystery',
] as const;
export type TaskState = (typeof taskStates)[number];

/** A fault that is counted by its task. */
export interface CountedFault<Stage extends 'poll' | 'file'> {
  readonly fault: SubmitFaults[Stage][number];
  left: number;
}

export type Rendering =
  | { state: 'pending' }
  | { state: 'ready'; video: RenderedVideo; atMs: number }
  | { state: 'failed'; reason: string };

export interface Task {
  readonly id: string;
  readonly dialect: string;
  /** Without the bytes of pictures and video: hundreds of tasks would hold hundreds of copies. */
  readonly submission: Omit<Submission, 'frames' | 'source'>;
  readonly frameSha256: readonly string[];
  readonly createdAtMs: number;
  readonly dueAtMs: number;
  /** The unguessable name under /files/. */
  readonly fileName: string;
  readonly endsAs: 'succeeded' | Ending;
  readonly failureText: string;
  /** Instead of the dialect's own. */
  readonly words: TaskWords;
  /** Shown instead of the address of the video. */
  readonly falseAddress: string | undefined;
  readonly hasUnsafeNote: boolean;
  readonly faultNames: readonly string[];
  readonly looks: readonly Look[];
  readonly pollFaults: readonly CountedFault<'poll'>[];
  readonly fileFaults: readonly CountedFault<'file'>[];
  /** When the client cancelled it. */
  cancelledAtMs: number | undefined;
  rendering: Rendering;
  polls: number;
  downloads: number;
}

/** What a dialect shows of a task. */
export interface TaskView {
  readonly task: Task;
  readonly state: TaskState;
  /** Public addresses of the video; empty unless succeeded. */
  readonly outputs: readonly string[];
  /** Why it failed or was cancelled; undefined otherwise. */
  readonly reason: string | undefined;
  /** 0 until it is over. */
  readonly elapsedMs: number;
  /** 0 to 100, as far as one can tell. */
  readonly progressPercent: number;
}

// A real gateway queues for a moment; enough of the time for a client to see the word.
const queuedShare = 0.15;

export function stateOf(task: Task, now: number): TaskState {
  if (task.cancelledAtMs !== undefined) return 'cancelled';
  if (task.rendering.state === 'failed') return 'failed';
  if (now < task.dueAtMs) {
    const queuedUntil = task.createdAtMs + (task.dueAtMs - task.createdAtMs) * queuedShare;
    return now < queuedUntil ? 'queued' : 'running';
  }
  if (task.endsAs !== 'succeeded') return task.endsAs;
  return task.rendering.state === 'ready' ? 'succeeded' : 'running';
}

export const isOver = (state: TaskState) => state !== 'queued' && state !== 'running' && state !== 'mystery';

/**
 * The rule of the ledger: a task is charged when it is accepted, whether or not the client learns of it, and refunded
 * when it ends failed, filtered or cancelled; of a partial one, the samples that were withheld. A task that ends without
 * outputs stays charged (people report just that), and so does one that only showed `failed` for a moment.
 */
export function chargedMicrosOf(task: Task, now: number): number {
  const state = stateOf(task, now);
  const { samples, samplePriceMicros } = task.submission;
  if (state === 'failed' || state === 'filtered' || state === 'cancelled') return 0;
  return samplePriceMicros * (state === 'succeeded' ? deliveredSamplesOf(task) : samples);
}

/** How many of the samples a success has. */
export const deliveredSamplesOf = ({ submission, looks }: Task) =>
  submission.samples - (looks.includes('partial') ? 1 : 0);

/** When the video became available; undefined while it is not. */
export function availableSinceMs(task: Task, now: number): number | undefined {
  if (stateOf(task, now) !== 'succeeded' || task.rendering.state !== 'ready') return undefined;
  return Math.max(task.dueAtMs, task.rendering.atMs);
}

export function viewOf(task: Task, baseUrl: string, now: number): TaskView {
  const state = stateOf(task, now);
  const endedAtMs = task.cancelledAtMs ?? availableSinceMs(task, now) ?? task.dueAtMs;
  return {
    task,
    state,
    outputs: state === 'succeeded' ? [task.falseAddress ?? `${baseUrl}/files/${task.fileName}`] : [],
    reason: reasonOf(task, state),
    elapsedMs: isOver(state) ? Math.max(0, endedAtMs - task.createdAtMs) : 0,
    progressPercent: isOver(state) ? 100 : Math.min(99, Math.floor(shareOf(task, now) * 100)),
  };
}

const shareOf = ({ createdAtMs, dueAtMs }: Task, now: number) =>
  (now - createdAtMs) / Math.max(1, dueAtMs - createdAtMs);

function reasonOf(task: Task, state: TaskState): string | undefined {
  if (state === 'cancelled') return 'The task was cancelled';
  if (state !== 'failed') return undefined;
  return task.rendering.state === 'failed' ? task.rendering.reason : task.failureText;
}
