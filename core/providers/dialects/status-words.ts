/**
 * What a provider's status word means. `blocked`: a person at the provider has to act (confirm, raise a budget).
 * Dialects report it as `unknown` with the word: it is no verdict and no progress, so we keep polling and log the word, and the job becomes
 * overdue like any other.
 */
export type StatusMeaning =
  | 'queued'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'expired'
  | 'blocked'
  | 'unknown';

/**
 * The status words of every provider seen, one vocabulary for all dialects (collected in the project's notes on providers,
 * Nov 2026). A missed synonym made a paid video "failed" elsewhere: add words here, never in a dialect.
 */
const WORDS: Readonly<Record<Exclude<StatusMeaning, 'unknown'>, readonly string[]>> = {
  queued: ['queued', 'pending', 'created', 'submitted', 'not_start', 'in_queue', 'starting', 'throttled'],
  running: ['processing', 'in_progress', 'running', 'generating', 'active'],
  succeeded: ['succeeded', 'success', 'completed', 'complete', 'done', 'finished'],
  failed: ['failed', 'failure', 'error', 'rejected', 'incomplete'],
  cancelled: ['canceled', 'cancelled', 'aborted', 'deleted'],
  expired: ['expired', 'timeout', 'timed_out'],
  blocked: ['requires_action', 'budget_exceeded'],
};

const MEANINGS: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ...WORDS.queued.map((word) => [word, 'queued'] as const),
  ...WORDS.running.map((word) => [word, 'running'] as const),
  ...WORDS.succeeded.map((word) => [word, 'succeeded'] as const),
  ...WORDS.failed.map((word) => [word, 'failed'] as const),
  ...WORDS.cancelled.map((word) => [word, 'cancelled'] as const),
  ...WORDS.expired.map((word) => [word, 'expired'] as const),
  ...WORDS.blocked.map((word) => [word, 'blocked'] as const),
]);

/** Reads a status word in any case, with `-` or spaces for `_`. An unknown word is `unknown`, never a failure. */
export const meaningOf = (word: string): StatusMeaning =>
  MEANINGS.get(
    word
      .trim()
      .toLowerCase()
      .replace(/[-\s]+/g, '_'),
  ) ?? 'unknown';
