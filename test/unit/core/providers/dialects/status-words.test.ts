import fc from 'fast-check';
import { meaningOf } from '../../../../../core/providers/dialects/status-words.ts';

// Row by row as in the project's notes on providers.
const TABLE = {
  queued: ['queued', 'pending', 'created', 'submitted', 'not_start', 'in_queue', 'starting', 'throttled'],
  running: ['processing', 'in_progress', 'running', 'generating', 'active'],
  succeeded: ['succeeded', 'success', 'completed', 'complete', 'done', 'finished'],
  failed: ['failed', 'failure', 'error', 'rejected', 'incomplete'],
  cancelled: ['canceled', 'cancelled', 'aborted', 'deleted'],
  expired: ['expired', 'timeout', 'timed_out'],
  blocked: ['requires_action', 'budget_exceeded'],
};

const rows = Object.entries(TABLE).flatMap(([meaning, words]) =>
  words.map((word) => [word, meaning] as const),
);

it.each(rows)('%s means %s, however it is written', (word, meaning) => {
  const spellings = [
    word,
    word.toUpperCase(),
    word.replaceAll('_', '-'),
    word.replaceAll('_', ' '),
    ` ${word}\n`,
  ];
  for (const spelling of spellings) expect(meaningOf(spelling)).toBe(meaning);
});

it('any other word is unknown, never a failure', () => {
  const known = new Set(rows.map(([word]) => word));
  for (const word of ['', 'constructor', '__proto__', 'toString', 'warming up', 'failedish'])
    expect(meaningOf(word)).toBe('unknown');
  fc.assert(
    fc.property(fc.string(), (word) => {
      const isKnown = known.has(
        word
          .trim()
          .toLowerCase()
          .replace(/[-\s]+/g, '_'),
      );
      expect(meaningOf(word) === 'unknown').toBe(!isKnown);
    }),
  );
});
