/** The tokens by which executions wait for somebody's word. */
export class TaskTokens {
  private readonly waiting = new Map<
    string,
    {
      readonly isAlive: () => boolean;
      readonly resume: (output: unknown) => void;
      readonly timeOut: () => void;
    }
  >();
  private readonly over = new Set<string>();

  /** A new token. `goOn` and `timeOut` are called once at most, and not both. */
  open(isAlive: () => boolean, resume: (output: unknown) => void, timeOut: () => void): string {
    const token = `token+${this.waiting.size + this.over.size + 1}/=`;
    this.waiting.set(token, { isAlive, resume, timeOut });
    return token;
  }

  /** The time of the wait is over just now. */
  timeOut(token: string): void {
    const found = this.waiting.get(token);
    if (found?.isAlive()) found.timeOut();
  }

  /** Nobody waits with it any more. */
  close(token: string): void {
    if (this.waiting.delete(token)) this.over.add(token);
  }

  /** Those that somebody waits with. */
  get awaited(): ReadonlySet<string> {
    return new Set([...this.waiting].filter(([, { isAlive }]) => isAlive()).map(([token]) => token));
  }

  /** Gives the word. */
  succeed(token: string, output: unknown): 'resumed' | 'timed out' | 'unknown' {
    const found = this.waiting.get(token);
    if (!found) return this.over.has(token) ? 'timed out' : 'unknown';
    if (!found.isAlive()) return 'timed out';
    found.resume(output);
    return 'resumed';
  }
}
