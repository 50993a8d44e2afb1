/** What doctor found out about one thing. */
export interface Finding {
  readonly what: string;
  /**
   * `note`: the stack works, and a person may want to change something. `unknown`: these credentials may not read it; the stack
   * does not need them to.
   */
  readonly state: 'ok' | 'note' | 'problem' | 'unknown';
  readonly says: string;
  /** What to do about it. */
  readonly fix?: string;
}

export const ok = (what: string, says: string): Finding => ({ what, state: 'ok', says });
export const note = (what: string, says: string, fix: string): Finding => ({
  what,
  state: 'note',
  says,
  fix,
});
export const problem = (what: string, says: string, fix: string): Finding => ({
  what,
  state: 'problem',
  says,
  fix,
});
export const unknown = (what: string, says: string): Finding => ({ what, state: 'unknown', says });

/** What these credentials may not read, and the right that they lack. */
export const needs = (what: string, right: string): Finding => unknown(what, `unknown: needs ${right}`);

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
export const isDenied = (error: unknown): boolean =>
  /AccessDenied|NotAuthorized|Forbidden|^403$/.test(nameOf(error));
