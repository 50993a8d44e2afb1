// The words of which the job table's keys are made; values only. They stand in core because two rooms that do not import
// each other need the same ones: `lib` in grants and stream filters, `lambdas/shared/table/keys.ts` in every key it makes or
// reads. A key is written and read there and nowhere else; those that decide an order (of the queue, of lists) are made
// where that is decided, with `joinKey`.

const SEPARATOR = '#';

/** `joinKey('STATS', owner, day)` → `STATS#owner#day` */
export const joinKey = (...parts: readonly (string | number)[]): string => parts.join(SEPARATOR);

/** The parts of a key, in their order. */
export const partsOfKey = (key: string): readonly string[] => key.split(SEPARATOR);

/** A number as part of a sort key: as text it sorts like a number. `17` → `000017` */
export const sortableNumber = (value: number, digits = 6): string => String(value).padStart(digits, '0');

/** How the partition keys of the table begin: one word for each kind of thing. */
export const Partition = {
  /** Everything of one job. */
  job: 'J',
  /** Everything of one batch. */
  batch: 'BATCH',
  /** The slots of a provider that are taken. */
  slot: 'SLOT',
  /** The jobs that wait for a provider. */
  queue: 'QUEUE',
  /** The last start tag of each owner in a provider's queue. */
  fair: 'FAIR',
  provider: 'PROVIDER',
  budget: 'BUDGET',
  owner: 'OWNER',
  latency: 'LATENCY',
  spend: 'STATS',
  /** Which job a provider's task belongs to. */
  task: 'TASK',
  /** A callback's message that was seen. */
  callback: 'CALLBACK',
  /** What concerns the inbox as a whole. */
  inbox: 'INBOX',
  /** The whole key: API keys are one partition, so that they can be listed without a scan. */
  apiKeys: 'API_KEYS',
} as const;

/** Sort keys of items that there is one of in a partition. */
export const SortKey = {
  /** Of a job or a batch. A deleted job has its tombstone here. */
  state: 'STATE',
  request: 'REQUEST',
  /** The state of a provider. */
  providerState: 'CONTROL',
  /** Written when jobs of a provider's queue may go on at once. */
  wake: 'WAKE',
  budget: 'DAY',
  limits: 'LIMITS',
  /** How far the inbox is swept. */
  inboxSweep: 'SWEEP',
  taskJob: 'JOB',
  seen: 'SEEN',
} as const;

/** How sort keys begin of items that there are many of in a partition. */
export const SortKeyPrefix = {
  /** The timeline of a job, which is its outbox. */
  event: 'EVENT',
  attempt: 'ATTEMPT',
  delivery: 'DELIVERY',
  /** A row of a batch that was refused. */
  row: 'ROW',
} as const;

/** Partitions of the indexes that are made of no owner. */
export const IndexPartition = {
  /** What something should have happened to by now. */
  due: 'DUE',
  /** The attention items of all owners. */
  attention: 'ATTENTION',
} as const;

/** What every key of a kind begins with: `startOf(Partition.slot)` → `SLOT#` */
export const startOf = (
  word:
    | (typeof Partition)[Exclude<keyof typeof Partition, 'apiKeys' | 'inbox'>]
    | (typeof SortKeyPrefix)[keyof typeof SortKeyPrefix],
): string => `${word}${SEPARATOR}`;
