/** The tokens by which executions wait for somebody's word. */
export class TaskTokens {
  private readonly waiting = new Map<
    string,
    { readonly isAlive: () => boolean; readonly goOn: (output: unknown) => void }
  >();
  private readonly over = new Set<string>();

  /** A new token. `goOn` is called once at most. */
  open(isAlive: () => boolean, goOn: (output: unknown) => void): string {
    const token = `token+${this.waiting.size + this.over.size + 1}/=`;
    this.waiting.set(token, { isAlive, goOn });
    return token;
  }

  /** Nobody waits with it any more. */
  close(token: string): void {
    if (this.waiting.delete(token)) this.over.add(token);
  }

  /** Those that somebody waits with. */
  get waitedWith(): ReadonlySet<string> {
    return new Set([...this.waiting].filter(([, { isAlive }]) => isAlive()).map(([token]) => token));
  }

  /** Gives the word. */
  succeed(token: string, output: unknown): 'told' | 'timed out' | 'unknown' {
    const found = this.waiting.get(token);
    if (!found) return this.over.has(token) ? 'timed out' : 'unknown';
    if (!found.isAlive()) return 'timed out';
    found.goOn(output);
    return 'told';
  }
}
