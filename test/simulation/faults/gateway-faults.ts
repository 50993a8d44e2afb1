import type { FaultRow } from '../../../simulator/faults/fault.ts';
import { faultRows } from '../../../simulator/faults/faults.ts';
import { free, parked, stored, told, unknown, waits } from './endings.ts';
import type { Ending, ProviderFault } from './provider-fault.ts';

/** The provider faults that a fault of the simulated gateway makes: once, several times, lasting. */
const faultsOf = (row: FaultRow): ProviderFault[] => {
  switch (row.stage) {
    case 'refuse':
      return refusals(row);
    case 'accepted':
      return [make(row, endingsOfAccepted(row.answer))];
    case 'task':
      return ofTaskEffect(row.effect).map(({ text, ends }) => make(row, ends, text));
    case 'poll':
      return pollFaults(row);
    case 'file':
      return fileFaults(row);
    case 'variant':
      return [make(row, row.variant === 'partial' ? free : stored)];
  }
};

type RowOf<Stage extends FaultRow['stage']> = Extract<FaultRow, { stage: Stage }>;

/** One provider fault of a row; `given` is what stands in parentheses. */
const make = (row: FaultRow, ends: readonly Ending[], given = ''): ProviderFault => {
  const specification = given === '' ? row.name : `${row.name}(${given})`;
  return { name: specification, gatewayFaults: [specification], ends, ...dialectsOf(row) };
};

const refusals = (row: RowOf<'refuse'>): ProviderFault[] => {
  if (!('status' in row) || row.kind === 'server') return [make(row, unknown)];
  if (!PASSING.has(row.kind)) return [make(row, free)];
  return [
    make(row, stored, '1'),
    make(row, stored, '4'),
    // Retried each half minute, or each quarter of an hour.
    row.kind === 'rate'
      ? { ...make(row, waits), isLong: true, hours: 1 }
      : { ...make(row, parked), isLong: true, hours: 6 },
  ];
};

const endingsOfAccepted = (answer: RowOf<'accepted'>['answer']): readonly Ending[] => {
  if (answer === 'slow' || answer === 'completed') return stored;
  return answer === 'drip' ? [...stored, ...unknown] : unknown;
};

const pollFaults = (row: RowOf<'poll'>): ProviderFault[] =>
  // A repeated "failed" is confirmed, whatever the later polls show.
  row.answer === 'failed'
    ? [make(row, stored, '1'), make(row, [...told, ...stored], '2'), make(row, told, '9')]
    : [make(row, stored, '1'), make(row, stored, '4'), { ...make(row, [...told, ...stored]), isLong: true }];

const fileFaults = (row: RowOf<'file'>): ProviderFault[] => [
  make(row, stored, fileArguments(row.name, '1')),
  make(row, stored, fileArguments(row.name, '3')),
  {
    ...make(row, [...stored, ...told], fileArguments(row.name, '')),
    isLong: true,
    isSlow: row.name !== 'html-as-mp4',
  },
];

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
const fileArguments = (name: string, times: string): string =>
  [times, ...(name === 'redirect-canary' ? ['http://169.254.169.254/latest/meta-data/'] : [])]
    .filter((argument) => argument !== '')
    .join(', ');

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

/** Left out: unpacking takes long. `provider-faults.ts` has small bombs. */
const UNPACKING_A_GIGABYTE: ReadonlySet<string> = new Set(['gzip-bomb', 'poll-bomb']);

/** Every fault of the simulated gateway. */
export const gatewayFaults: readonly ProviderFault[] = faultRows
  .filter(({ name }) => !UNPACKING_A_GIGABYTE.has(name))
  .flatMap(faultsOf);
