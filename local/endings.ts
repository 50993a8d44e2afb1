import { messageOf } from './error-facts.ts';

type End = () => Promise<void> | void;

/** What has to be ended again, in the reverse order of its start. */
export class Endings {
  private readonly ends: End[] = [];
  private running: Promise<void> | undefined;

  /** After the end has begun, what still gets started is ended at once. */
  add(end: End): void {
    if (this.running) this.running = this.running.then(end).catch(() => undefined);
    else this.ends.push(end);
  }

  get hasBegun(): boolean {
    return this.running !== undefined;
  }

  /** Ends everything; one that fails does not keep the others running. Safe to call twice. */
  async run(): Promise<void> {
    this.running ??= this.endAll();
    await this.running;
  }

  private async endAll(): Promise<void> {
    for (let end = this.ends.pop(); end; end = this.ends.pop()) {
      try {
        await end();
      } catch (error) {
        console.error(`Could not be ended: ${messageOf(error)}`);
      }
    }
  }
}
