import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { CrowdOptions } from './run.ts';

/** What became of one crowd, as its thread tells it. */
export interface CrowdMessage {
  readonly number: number;
  readonly trouble: string;
  readonly description: string;
  readonly violations: readonly string[];
  readonly statuses: readonly string[];
  readonly calls: number;
  readonly accidents: number;
  readonly story: readonly string[];
}

/** Proves crowds in a thread of their own. They end when they are done, or soon after a stop. */
export class CrowdsBeside {
  private readonly worker: Worker;
  private readonly exited: Promise<unknown[]>;

  constructor(options: Omit<CrowdOptions, 'onProven'>, onProven: (crowd: CrowdMessage) => void) {
    this.worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: options });
    this.worker.on('message', onProven);
    // It may be over before anybody waits for it.
    this.exited = once(this.worker, 'exit');
  }

  stop(): void {
    this.worker.postMessage('stop');
  }

  async end(): Promise<void> {
    const [code] = await this.exited;
    if (code !== 0) throw new Error('The thread of the crowds broke.');
  }
}
