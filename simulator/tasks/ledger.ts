import { chargedMicrosOf, stateOf, type Task } from './task.ts';
import type { TaskBook } from './task-book.ts';

/** One POST to a submit path, accepted or not. */
export interface SubmitRecord {
  readonly at: string;
  readonly path: string;
  prompt: string | undefined;
  /** The HTTP status of the answer; 0 for none (reset, hang, or not yet). */
  status: number;
  /** Why it was refused. */
  message: string | undefined;
  taskId: string | undefined;
}

/** A request to the other origin, which must never receive the key. */
export interface ForeignRequest {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly headerNames: readonly string[];
  readonly hadKey: boolean;
}

/** Records what the gateway received. Counts are of requests, faults included. */
export class Ledger {
  readonly submits: SubmitRecord[] = [];
  readonly foreignRequests: ForeignRequest[] = [];
  polls = 0;
  cancels = 0;
  downloads = 0;

  recordSubmit(path: string): SubmitRecord {
    const at = new Date().toISOString();
    const record: SubmitRecord = {
      at,
      path,
      prompt: undefined,
      status: 0,
      message: undefined,
      taskId: undefined,
    };
    this.submits.push(record);
    return record;
  }

  clear(): void {
    this.submits.length = 0;
    this.foreignRequests.length = 0;
    this.polls = 0;
    this.cancels = 0;
    this.downloads = 0;
  }
}

/** The ledger as GET /_gateway/ledger shows it. Prices are micro-dollars. */
export const showLedger = (ledger: Ledger, tasks: TaskBook, renders: number, now: number) => {
  const entries = tasks.all().map((task) => showTask(task, now));
  const charged = entries.filter((entry) => entry.charged);
  return {
    tasks: entries,
    chargedTasks: charged.length,
    chargedMicros: charged.reduce((sum, entry) => sum + entry.chargedMicros, 0),
    submits: ledger.submits.length,
    submitLog: ledger.submits,
    polls: ledger.polls,
    cancels: ledger.cancels,
    downloads: ledger.downloads,
    peakInFlight: tasks.peakInFlight,
    renders,
    foreignRequests: ledger.foreignRequests,
  };
};

export type LedgerReport = ReturnType<typeof showLedger>;

const showTask = (task: Task, now: number) => {
  const { model, scene, prompt, parameters, passedThrough, ignoredFields } = task.submission;
  const { samples, samplePriceMicros } = task.submission;
  const chargedMicros = chargedMicrosOf(task, now);
  const video = task.rendering.state === 'ready' ? task.rendering.video : undefined;
  return {
    id: task.id,
    dialect: task.dialect,
    model,
    scene,
    prompt,
    parameters,
    passedThrough,
    ignoredFields,
    frameSha256: task.frameSha256,
    status: stateOf(task, now),
    charged: chargedMicros > 0,
    samples,
    samplePriceMicros,
    priceMicros: samples * samplePriceMicros,
    chargedMicros,
    createdAt: new Date(task.createdAtMs).toISOString(),
    dueAt: new Date(task.dueAtMs).toISOString(),
    faults: task.faultNames,
    polls: task.polls,
    downloads: task.downloads,
    videoSha256: video?.sha256 ?? null,
    videoBytes: video?.bytes ?? null,
  };
};
