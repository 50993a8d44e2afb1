import type { AnswerVariant, Ending } from '../faults/fault.ts';
import type { PlannedFaults } from '../faults/fault-plan.ts';
import type { StatusWords } from '../faults/status-words.ts';
import type { Recipe } from '../media/film.ts';
import type { Frame } from '../media/frame.ts';
import type { RenderedVideo } from '../media/renderer.ts';
import type { SourceVideo } from '../media/source-video.ts';
import type { TaskState } from '../task-state.ts';

/** A submit as its dialect read it. */
export interface Submission {
  readonly model: string;
  readonly scene: string;
  readonly prompt: string;
  /** The effective parameters, defaults filled in; shown in the ledger. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Parameters for other models behind the same gateway: accepted, without effect, shown in the ledger. */
  readonly passedThrough: Readonly<Record<string, unknown>>;
  /** Names of body fields that the dialect ignores. */
  readonly ignoredFields: readonly string[];
  /** Every picture of the submit. */
  readonly frames: readonly Frame[];
  /** How many of them the video shows: none, the first, or a dissolve from the first to the second. */
  readonly filmed: 0 | 1 | 2;
  /** The video to extend, where its bytes are available. */
  readonly source?: SourceVideo | undefined;
  readonly video: Pick<Recipe, 'width' | 'height' | 'durationSeconds'>;
  /** The number of requested videos; all of them are the same film. */
  readonly samples: number;
  readonly samplePriceMicros: number;
  /** The submit is answered when the task is over. */
  readonly isSynchronous?: boolean;
}

/** A fault whose repetitions its task counts. */
export interface CountedFault<Stage extends 'poll' | 'file'> {
  readonly fault: PlannedFaults[Stage][number];
  left: number;
}

export type Rendering =
  | { state: 'pending' }
  | { state: 'ready'; video: RenderedVideo; atMs: number }
  | { state: 'failed'; reason: string };

export interface Task {
  readonly id: string;
  readonly dialect: string;
  /** Without the bytes of pictures and video: hundreds of tasks would hold hundreds of copies of them. */
  readonly submission: Omit<Submission, 'frames' | 'source'>;
  readonly frameSha256: readonly string[];
  readonly createdAtMs: number;
  readonly dueAtMs: number;
  /** The unguessable name under /files/. */
  readonly fileName: string;
  readonly endsAs: 'succeeded' | Ending;
  readonly failureText: string;
  /** Status words that replace the dialect's own. */
  readonly words: StatusWords;
  /** Shown in place of the video's URL. */
  readonly falseUrl: string | undefined;
  readonly isFlaggedUnsafe: boolean;
  readonly faultNames: readonly string[];
  readonly variants: readonly AnswerVariant[];
  readonly pollFaults: readonly CountedFault<'poll'>[];
  readonly fileFaults: readonly CountedFault<'file'>[];
  /** When the client cancelled it. */
  cancelledAtMs: number | undefined;
  rendering: Rendering;
  polls: number;
  downloads: number;
}

/** A task at one moment, for the dialect's answers. */
export interface TaskView {
  readonly task: Task;
  readonly state: TaskState;
  /** Public URLs of the video; empty unless succeeded. */
  readonly outputs: readonly string[];
  /** Why it failed or was cancelled; undefined otherwise. */
  readonly reason: string | undefined;
  /** 0 until it is over. */
  readonly elapsedMs: number;
  /** 0 to 100, an estimate. */
  readonly progressPercent: number;
}

// A real gateway queues at first. The share is large enough for a client to see the state.
const queuedShare = 0.15;

export const stateOf = (task: Task, now: number): TaskState => {
  if (task.cancelledAtMs !== undefined) return 'cancelled';
  if (task.rendering.state === 'failed') return 'failed';
  if (now < task.dueAtMs) {
    const queuedUntil = task.createdAtMs + (task.dueAtMs - task.createdAtMs) * queuedShare;
    return now < queuedUntil ? 'queued' : 'running';
  }
  if (task.endsAs !== 'succeeded') return task.endsAs;
  return task.rendering.state === 'ready' ? 'succeeded' : 'running';
};

export const isOver = (state: TaskState) => state !== 'queued' && state !== 'running' && state !== 'mystery';

/**
 * The rule of the ledger: a task is charged when it is accepted, even if the client never learns of it. It is refunded
 * when it ends failed, filtered or cancelled; a partial one is refunded the withheld samples. A task that ends without
 * outputs stays charged (people report this), and so does one that showed `failed` only for a moment.
 */
export const chargedMicrosOf = (task: Task, now: number): number => {
  const state = stateOf(task, now);
  const { samples, samplePriceMicros } = task.submission;
  if (state === 'failed' || state === 'filtered' || state === 'cancelled') return 0;
  return samplePriceMicros * (state === 'succeeded' ? deliveredSamplesOf(task) : samples);
};

/** The number of samples that a success delivers. */
export const deliveredSamplesOf = ({ submission, variants }: Task) =>
  submission.samples - (variants.includes('partial') ? 1 : 0);

/** When the video became available; undefined while it is not. */
export const availableSinceMs = (task: Task, now: number): number | undefined => {
  if (stateOf(task, now) !== 'succeeded' || task.rendering.state !== 'ready') return undefined;
  return Math.max(task.dueAtMs, task.rendering.atMs);
};

export const viewOf = (task: Task, baseUrl: string, now: number): TaskView => {
  const state = stateOf(task, now);
  const endedAtMs = task.cancelledAtMs ?? availableSinceMs(task, now) ?? task.dueAtMs;
  return {
    task,
    state,
    outputs: state === 'succeeded' ? [task.falseUrl ?? `${baseUrl}/files/${task.fileName}`] : [],
    reason: reasonOf(task, state),
    elapsedMs: isOver(state) ? Math.max(0, endedAtMs - task.createdAtMs) : 0,
    progressPercent: isOver(state) ? 100 : Math.min(99, Math.floor(shareOf(task, now) * 100)),
  };
};

const shareOf = ({ createdAtMs, dueAtMs }: Task, now: number) =>
  (now - createdAtMs) / Math.max(1, dueAtMs - createdAtMs);

const reasonOf = (task: Task, state: TaskState): string | undefined => {
  if (state === 'cancelled') return 'The task was cancelled';
  if (state !== 'failed') return undefined;
  return task.rendering.state === 'failed' ? task.rendering.reason : task.failureText;
};
