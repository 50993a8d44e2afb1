import * as z from 'zod';
import type { InvocationOutcome } from './call.ts';
import type { Feed, Pattern } from './deployment.ts';
import type { StreamRecord } from './dynamodb/table.ts';
import type { Scheduler } from './scheduler.ts';

const Failures = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

/** Ids of the failed records of a batch: all of them when the function failed as a whole. */
const failuresOf = ({ isAnswered }: Feed, outcome: InvocationOutcome, ids: readonly string[]): string[] => {
  if ('error' in outcome) return [...ids];
  if (!isAnswered) return [];
  return Failures.parse(outcome.result).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
};

export interface Message {
  readonly id: string;
  readonly body: string;
}

type Invoke = (functionName: string, event: unknown) => Promise<InvocationOutcome>;

/** A queue and its function. Failed messages return after the visibility time-out and end in the dead-letter queue. */
export class QueueFeed {
  readonly dead: Message[] = [];
  private readonly feed: Feed & { readonly visibilitySeconds: number };
  private readonly scheduler: Scheduler;
  private readonly invoke: Invoke;

  constructor(feed: Feed & { readonly visibilitySeconds: number }, scheduler: Scheduler, invoke: Invoke) {
    this.feed = feed;
    this.scheduler = scheduler;
    this.invoke = invoke;
  }

  deliver(messages: readonly Message[], receives = 1): void {
    const { functionName, visibilitySeconds } = this.feed;
    const receivedAt = this.scheduler.now;
    const Records = messages.map(({ id, body }) => ({ messageId: id, body, attributes: {} }));
    this.invoke(functionName, { Records }).then((outcome) => {
      const failed = failuresOf(
        this.feed,
        outcome,
        messages.map(({ id }) => id),
      );
      for (const message of messages.filter(({ id }) => failed.includes(id))) {
        if (receives >= this.feed.attempts) this.dead.push(message);
        else
          this.scheduler.at(receivedAt + visibilitySeconds * 1000, () =>
            this.deliver([message], receives + 1),
          );
      }
    });
  }
}

// A stream is read four times a second. A failed batch is retried after growing pauses.
const READ_MS = 250;
const LONGEST_PAUSE_MS = 60_000;

/** The table's stream and a function that reads it: in order, a batch at a time, and again from the first failure. */
export class StreamFeed {
  /** Records without further tries. */
  readonly lost: StreamRecord[] = [];
  readonly feed: Feed;
  private readonly scheduler: Scheduler;
  private readonly invoke: Invoke;
  private readonly isTwice: boolean;
  private readonly waiting: StreamRecord[] = [];
  private isBusy = false;
  private tries = 0;

  constructor(feed: Feed, scheduler: Scheduler, invoke: Invoke, isTwice: boolean) {
    this.feed = feed;
    this.scheduler = scheduler;
    this.invoke = invoke;
    this.isTwice = isTwice;
  }

  add(record: StreamRecord): void {
    const { filters } = this.feed;
    if (filters.length > 0 && !filters.some((filter) => matches(record, filter))) return;
    this.waiting.push(record);
    this.wake(READ_MS);
  }

  private wake(ms: number): void {
    if (this.isBusy) return;
    this.isBusy = true;
    this.scheduler.after(ms, () => this.read());
  }

  private async read(): Promise<void> {
    const batch = this.waiting.slice(0, this.feed.batchSize);
    const ids = batch.map(({ dynamodb }) => dynamodb.SequenceNumber);
    const event = { Records: batch.map((record) => ({ ...record, eventSource: 'aws:dynamodb' })) };
    const failed = failuresOf(this.feed, await this.invoke(this.feed.functionName, event), ids);
    // Delivery is at least once: a reader that lost its position starts the batch again.
    if (failed.length === 0 && this.isTwice) await this.invoke(this.feed.functionName, event);
    // The stream continues at the first failed record.
    const done = failed.length === 0 ? batch.length : Math.min(...failed.map((id) => ids.indexOf(id)));
    this.waiting.splice(0, done);
    this.tries = failed.length === 0 || done > 0 ? 0 : this.tries + 1;
    if (this.tries >= this.feed.attempts) {
      this.lost.push(...this.waiting.splice(0, this.feed.isAnswered ? 1 : batch.length));
      this.tries = 0;
    }
    this.isBusy = false;
    if (this.waiting.length > 0) this.wake(Math.min(READ_MS * 2 ** this.tries, LONGEST_PAUSE_MS));
  }
}

/** The part of EventBridge's patterns that the filters use: exact values and prefixes. */
const matches = (value: unknown, pattern: Pattern): boolean =>
  Object.entries(pattern).every(([field, wanted]) => {
    const found: unknown = isRecord(value) ? value[field] : undefined;
    return isList(wanted) ? wanted.some((one) => matchesValue(found, one)) : matches(found, wanted);
  });

const isList = (value: Pattern | readonly unknown[]): value is readonly unknown[] => Array.isArray(value);

const Prefix = z.strictObject({ prefix: z.string() });

const matchesValue = (found: unknown, wanted: unknown): boolean =>
  typeof wanted === 'object'
    ? typeof found === 'string' && found.startsWith(Prefix.parse(wanted).prefix)
    : found === wanted;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
