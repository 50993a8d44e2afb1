import type { FaultRow } from '../../../simulator/faults/fault.ts';
import { faultRows } from '../../../simulator/faults/faults.ts';
import { free, parked, stored, told, unknown, waits } from './endings.ts';
import type { Ending, ProviderFault } from './provider-fault.ts';

/** The provider faults that a fault of the simulated gateway makes: once, several times, lasting. */
const faultsOf = (row: FaultRow): ProviderFault[] => {
  // These unpack a gigabyte; there is a small bomb below.
  if (row.name === 'gzip-bomb' || row.name === 'poll-bomb') return [];
  const dialects = dialectsOf(row);
  const make = (specification: string, ends: readonly Ending[], isLong = false): ProviderFault => ({
    name: specification,
    gatewayFaults: [specification],
    ends,
    ...dialects,
    ...(isLong ? { isLong } : {}),
  });
  switch (row.stage) {
    case 'refuse':
      if (!('status' in row) || row.kind === 'server') return [make(row.name, unknown)];
      if (!PASSING.has(row.kind)) return [make(row.name, free)];
      return [
        make(`${row.name}(1)`, stored),
        make(`${row.name}(4)`, stored),
        // Retried each half minute, or each quarter of an hour.
        row.kind === 'rate'
          ? { ...make(row.name, waits, true), hours: 1 }
          : { ...make(row.name, parked, true), hours: 6 },
      ];
    case 'accepted': {
      const isAnswered = ['slow', 'completed'].includes(row.answer);
      return [
        make(row.name, isAnswered ? stored : row.answer === 'drip' ? [...stored, ...unknown] : unknown),
      ];
    }
    case 'task':
      return ofTaskEffect(row.effect).map(({ text, ends }) =>
        make(text ? `${row.name}(${text})` : row.name, ends),
      );
    case 'poll':
      // A repeated "failed" is confirmed, whatever the later polls show.
      return row.answer === 'failed'
        ? [
            make(`${row.name}(1)`, stored),
            make(`${row.name}(2)`, [...told, ...stored]),
            make(`${row.name}(9)`, told),
          ]
        : [
            make(`${row.name}(1)`, stored),
            make(`${row.name}(4)`, stored),
            make(row.name, [...told, ...stored], true),
          ];
    case 'file':
      return [
        make(argued(row.name, '1'), stored),
        make(argued(row.name, '3'), stored),
        { ...make(argued(row.name, ''), [...stored, ...told], true), isSlow: row.name !== 'html-as-mp4' },
      ];
    case 'variant':
      return [make(row.name, row.variant === 'partial' ? free : stored)];
  }
};

/** Refusals that are no fault of the job. */
const PASSING: ReadonlySet<string> = new Set(['rate', 'quota', 'unauthorised', 'balance']);

/** Google's operations have no status words. */
const dialectsOf = (row: FaultRow): Pick<ProviderFault, 'dialects'> => {
  if (row.stage === 'variant') return { dialects: [row.dialect] };
  return row.stage === 'task' && row.effect === 'status-words'
    ? { dialects: ['gptproto', 'openai-video'] }
    : {};
};

/** A canary must be at an internal address. */
const argued = (name: string, times: string): string => {
  const scope = [times, ...(name === 'redirect-canary' ? ['http://169.254.169.254/latest/meta-data/'] : [])];
  const given = scope.filter((word) => word !== '').join(', ');
  return given === '' ? name : `${name}(${given})`;
};

const ofTaskEffect = (
  effect: Extract<FaultRow, { stage: 'task' }>['effect'],
): { text: string; ends: readonly Ending[] }[] => {
  switch (effect) {
    case 'failed':
      return [
        { text: '', ends: told },
        // Some gateways charge nothing for what they filter.
        { text: 'blocked by the content policy', ends: [...told, ...free] },
      ];
    case 'filtered':
    case 'cancelled':
      return [{ text: '', ends: [...told, ...free] }];
    case 'empty':
      return [{ text: '', ends: told }];
    case 'late':
      return [
        { text: '100s', ends: stored },
        { text: '3000s', ends: stored },
      ];
    case 'status-words':
      return [...runningWords, ...doneWords, ...endWords];
    case 'url':
      return [{ text: '', ends: told }];
    default:
      return [{ text: '', ends: stored }];
  }
};

// Status words for "not yet", known and unknown: none of them may end a job.
const runningWords = [
  'THROTTLED',
  'IN_QUEUE',
  'not_start',
  'generating',
  'requires_action',
  'budget_exceeded',
  'marinating',
  '',
].map((word) => ({ text: `queued=${word}, running=${word}`, ends: stored }));
const doneWords = ['done', 'SUCCESS', 'finished', 'Complete'].map((word) => ({
  text: `succeeded=${word}`,
  ends: stored,
}));
// Status words for an end while the video is still made: the second such poll confirms the end.
const endWords = ['failed', 'rejected', 'expired', 'cancelled', 'deleted', 'incomplete', 'error'].map(
  (word) => ({
    text: `running=${word}`,
    // A first poll that comes late enough does not see the word.
    ends: [...told, ...free, ...stored],
  }),
);

/** Every fault of the simulated gateway. */
export const gatewayFaults: readonly ProviderFault[] = faultRows.flatMap(faultsOf);
