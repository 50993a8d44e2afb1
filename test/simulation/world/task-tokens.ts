/** The task tokens on which executions wait. */
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

  /** Opens a token. At most one of `resume` and `timeOut` is called, and once. */
  open(isAlive: () => boolean, resume: (output: unknown) => void, timeOut: () => void): string {
    const token = `token+${this.waiting.size + this.over.size + 1}/=`;
    this.waiting.set(token, { isAlive, resume, timeOut });
    return token;
  }

  /** Times the wait out now. */
  timeOut(token: string): void {
    const found = this.waiting.get(token);
    if (found?.isAlive()) found.timeOut();
  }

  /** Closes a token whose wait is over. */
  close(token: string): void {
    if (this.waiting.delete(token)) this.over.add(token);
  }

  /** The tokens on which an execution waits. */
  get awaited(): ReadonlySet<string> {
    return new Set([...this.waiting].filter(([, { isAlive }]) => isAlive()).map(([token]) => token));
  }

  /** Sends the output for a token. */
  succeed(token: string, output: unknown): 'resumed' | 'timed out' | 'unknown' {
    const found = this.waiting.get(token);
    if (!found) return this.over.has(token) ? 'timed out' : 'unknown';
    if (!found.isAlive()) return 'timed out';
    found.resume(output);
    return 'resumed';
  }
}
