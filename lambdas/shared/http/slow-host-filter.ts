// Long enough that a flood of messages to a dead receiver passes in a few batches, short enough that one hiccup is forgotten.
const PAUSE_MS = 30_000;

/**
 * Receivers that did not answer lately, as this instance of the function knows. Their messages are deferred unsent, so that no
 * other receiver waits behind their time-outs.
 */
export class SlowHosts {
  private readonly until = new Map<string, number>();

  has(host: string): boolean {
    return (this.until.get(host) ?? 0) > Date.now();
  }

  note(host: string, isSlow: boolean): void {
    if (isSlow) this.until.set(host, Date.now() + PAUSE_MS);
    else this.until.delete(host);
  }
}
