import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { MultiJobOptions } from './run.ts';

/** The result of one multi-job run, as its thread sends it. */
export interface MultiJobMessage {
  readonly number: number;
  readonly providerFault: string;
  readonly description: string;
  readonly violations: readonly string[];
  readonly statuses: readonly string[];
  readonly calls: number;
  readonly injectedFaults: number;
  readonly trace: readonly string[];
}

/** Runs multi-job runs in a thread of their own, which ends with the last run or soon after a stop. */
export class MultiJobWorker {
  private readonly worker: Worker;
  private readonly exited: Promise<unknown[]>;

  constructor(
    options: Omit<MultiJobOptions, 'onChecked'>,
    onChecked: (multiJobRun: MultiJobMessage) => void,
  ) {
    this.worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: options });
    this.worker.on('message', onChecked);
    // The thread may exit before end() is called.
    this.exited = once(this.worker, 'exit');
  }

  stop(): void {
    this.worker.postMessage('stop');
  }

  async end(): Promise<void> {
    const [code] = await this.exited;
    if (code !== 0) throw new Error('The thread of the multi-job runs failed.');
  }
}
