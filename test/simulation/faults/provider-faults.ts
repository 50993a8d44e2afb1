import type { DialectName } from '../../../simulator/dialect-name.ts';
import type { FaultRow } from '../../../simulator/faults/fault.ts';
import { faultRows } from '../../../simulator/faults/faults.ts';
import type { ConnectError } from '../world/network.ts';
import type { KeyFault } from '../world/secrets.ts';

/** How a job can end, in the words of the printed table. */
export type Ending =
  /** The video is in the bucket. */
  | 'stored'
  /** No video and no money. */
  | 'failed free'
  /** No video; money is or may be gone, and an operator is notified. */
  | 'failed, operator notified'
  /** It is unknown whether the submit arrived; an operator decides. */
  | 'submit unknown'
  /** Still in the queue, and the pipeline attends to it; no operator can help. */
  | 'waits'
  /** Cancelled by its owner. */
  | 'cancelled'
  /** There is no job, and the caller knows it. */
  | 'not accepted'
  /** Still open, and an operator is notified. */
  | 'open, operator notified'
  /** Still open, and nothing attends to it. */
  | 'stuck';

/** One fault at the provider or on the way there. */
export interface ProviderFault {
  readonly name: string;
  /** Faults of the simulated gateway. */
  readonly gatewayFaults: readonly string[];
  readonly responseFault?: ResponseFault;
  readonly connect?: { readonly of: string; readonly how: ConnectError; readonly times: number };
  /** The fault of the key in the secret. */
  readonly key?: KeyFault;
  /** Every dialect when left out. */
  readonly dialects?: readonly DialectName[];
  /** How a job may end that meets no other fault. */
  readonly ends: readonly Ending[];
  /** It lasts until the provider's retention is over, which takes many steps. */
  readonly isLong?: boolean;
  /** It never ends and nothing changes any more: the run ends after this many hours. */
  readonly hours?: number;
  /** Two days would be a thousand downloads: the run uses the short retention. */
  readonly isSlow?: boolean;
}

/** A bad response that the simulated gateway does not make itself. */
export interface ResponseFault {
  readonly stage: 'submit' | 'poll' | 'file';
  readonly what:
    | 'quotes-key'
    | 'plain-500'
    | 'plain-500-after'
    | 'timeout-408'
    | 'refusal-503'
    | 'bomb'
    | 'packed'
    | 'redirect-inside'
    | 'redirect-for-ever';
  readonly times: number;
}

const stored: readonly Ending[] = ['stored'];
const free: readonly Ending[] = ['failed free'];
const unknown: readonly Ending[] = ['submit unknown'];
const waits: readonly Ending[] = ['waits'];
/** The circuit is open: one submit at a time probes the provider. */
const parked: readonly Ending[] = ['open, operator notified'];
const told: readonly Ending[] = ['failed, operator notified'];

const ofGateway = (row: FaultRow): ProviderFault[] => {
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

const own: readonly ProviderFault[] = [
  { name: 'nothing', gatewayFaults: [], ends: stored },
  {
    name: 'quotes the key: submit',
    responseFault: { stage: 'submit', what: 'quotes-key', times: 1 },
    gatewayFaults: [],
    ends: free,
  },
  {
    name: 'quotes the key: poll(2)',
    responseFault: { stage: 'poll', what: 'quotes-key', times: 2 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: 'plain 500: submit',
    responseFault: { stage: 'submit', what: 'plain-500', times: 1 },
    gatewayFaults: [],
    ends: unknown,
  },
  {
    name: 'plain 500 after accepting',
    responseFault: { stage: 'submit', what: 'plain-500-after', times: 1 },
    gatewayFaults: [],
    ends: unknown,
  },
  {
    name: 'plain 500: poll(3)',
    responseFault: { stage: 'poll', what: 'plain-500', times: 3 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: '503 with the code of a refusal: submit',
    responseFault: { stage: 'submit', what: 'refusal-503', times: 1 },
    gatewayFaults: [],
    ends: free,
  },
  {
    name: '408: submit',
    responseFault: { stage: 'submit', what: 'timeout-408', times: 1 },
    gatewayFaults: [],
    ends: unknown,
  },
  {
    name: 'small bomb: poll(2)',
    responseFault: { stage: 'poll', what: 'bomb', times: 2 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: 'small bomb: file(1)',
    responseFault: { stage: 'file', what: 'bomb', times: 1 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: 'packed file',
    responseFault: { stage: 'file', what: 'packed', times: 9 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: 'redirect to a name inside(2)',
    responseFault: { stage: 'file', what: 'redirect-inside', times: 2 },
    gatewayFaults: [],
    ends: stored,
  },
  {
    name: 'redirect for ever(6)',
    responseFault: { stage: 'file', what: 'redirect-for-ever', times: 6 },
    gatewayFaults: [],
    ends: stored,
  },
  ...(['dns', 'refused', 'tls', 'silence'] as const).flatMap((how): ProviderFault[] => [
    {
      name: `${how}: submit(2)`,
      connect: { of: 'submit-job', how, times: 2 },
      gatewayFaults: [],
      ends: stored,
    },
    { name: `${how}: poll(3)`, connect: { of: 'check-job', how, times: 3 }, gatewayFaults: [], ends: stored },
    {
      name: `${how}: file(3)`,
      connect: { of: 'store-video', how, times: 3 },
      gatewayFaults: [],
      ends: stored,
    },
  ]),
  { name: 'key missing', key: 'missing', gatewayFaults: [], ends: parked, isLong: true, hours: 6 },
  { name: 'key wrong', key: 'wrong', gatewayFaults: [], ends: parked, isLong: true, hours: 6 },
  { name: 'key missing for hours', key: 'missing for hours', gatewayFaults: [], ends: stored },
  { name: 'key wrong for hours', key: 'wrong for hours', gatewayFaults: [], ends: stored },
  { name: 'key changed', key: 'changed', gatewayFaults: [], ends: stored },
  {
    name: 'redirect-origin and expired-url(1)',
    gatewayFaults: ['redirect-origin', 'expired-url(1)'],
    ends: stored,
  },
  { name: '429(2) and poll-404(2)', gatewayFaults: ['429(2)', 'poll-404(2)'], ends: stored },
  { name: 'late(3000s) and poll-500(3)', gatewayFaults: ['late(3000s)', 'poll-500(3)'], ends: stored },
  { name: 'flap-failed(1) and file-500(2)', gatewayFaults: ['flap-failed(1)', 'file-500(2)'], ends: stored },
  {
    name: 'content-url and redirect-origin',
    gatewayFaults: ['content-url', 'redirect-origin'],
    dialects: ['openai-video'],
    ends: stored,
  },
];

export const providerFaults: readonly ProviderFault[] = [...own, ...faultRows.flatMap(ofGateway)];
