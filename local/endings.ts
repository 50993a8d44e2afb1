import { messageOf } from './error-facts.ts';

type End = () => Promise<void> | void;

/** Ends what was started, in the reverse order. */
export class Endings {
  private readonly ends: End[] = [];
  private running: Promise<void> | undefined;

  /** Adds what has to be ended. Once the end has begun, it is ended at once. */
  add(end: End): void {
    if (this.running) this.running = this.running.then(end).catch(() => undefined);
    else this.ends.push(end);
  }

  get hasBegun(): boolean {
    return this.running !== undefined;
  }

  /** Ends everything. One failure does not keep the others running. Safe to call twice. */
  async run(): Promise<void> {
    this.running ??= this.endAll();
    await this.running;
  }

  private async endAll(): Promise<void> {
    for (let end = this.ends.pop(); end; end = this.ends.pop()) {
      try {
        await end();
      } catch (error) {
        console.error(`Something that was started could not be ended: ${messageOf(error)}`);
      }
    }
  }
}
