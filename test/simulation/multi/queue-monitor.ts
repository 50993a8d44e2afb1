import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { JobState } from '../../../core/jobs/job.ts';
import { startTagOf, virtualTimeOf } from '../../../core/queue/fair-queue.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { DEFAULT_PRIORITY } from '../../../core/request/priority.ts';
import type { StreamRecord } from '../world/dynamodb/table.ts';
import type { Invocation } from '../world/invocation.ts';

/** A job in the queue of a provider. */
interface Wait {
  readonly jobId: string;
  readonly owner: string;
  readonly provider: string;
  readonly queueKey: string;
  /** The queue's virtual time when the job came. */
  readonly clock: number;
  /** How many jobs of its owner waited then, this one included: its k. */
  readonly k: number;
  /** How many jobs of each other owner were admitted while it was visible in the queue. */
  readonly before: Map<string, number>;
  isAdmitted: boolean;
}

const Asked = z.object({
  ExpressionAttributeValues: z.object({ ':pk': z.templateLiteral(['QUEUE#', z.string()]) }),
});
const QueueItem = z.object({ pk: z.string(), sk: z.string(), jobId: z.string(), owner: z.string() });
const Moved = JobState.pick({
  jobId: true,
  owner: true,
  status: true,
  provider: true,
  queueKey: true,
  slot: true,
  task: true,
});

/** A redriven job waits again, under another queue key. */
const waitId = (jobId: string, provider: string, queueKey: string | undefined): string =>
  `${jobId} ${provider} ${queueKey}`;

/** Checks from the table's changes that jobs leave the queue in order and that no owner starves another. */
export class QueueMonitor {
  readonly found = new Set<string>();
  private readonly providerStateOf: (provider: string) => ProviderState;
  private readonly waits = new Map<string, Wait>();
  /** The items in the queues by key, each with its job and the change of the table that wrote it. */
  private readonly standing = new Map<
    string,
    { readonly wait: Wait; readonly queueKey: string; readonly writtenAt: number }
  >();
  /** The change of the table at which an invocation last read a queue. */
  private readonly readAt = new Map<string, number>();
  private changes = 0;

  constructor(providerStateOf: (provider: string) => ProviderState) {
    this.providerStateOf = providerStateOf;
  }

  recordQuery(input: unknown, invocation: Invocation | undefined): void {
    const { data } = Asked.safeParse(input);
    if (!data || !invocation) return;
    const [, provider = ''] = data.ExpressionAttributeValues[':pk'].split('#');
    this.readAt.set(`${invocation.info.number} ${provider}`, this.changes);
  }

  recordChange({ eventName, dynamodb }: StreamRecord, invocation: Invocation | undefined): void {
    this.changes += 1;
    const { pk = '', sk = '' } = z
      .object({ pk: z.string(), sk: z.string() })
      .parse(unmarshall(dynamodb.Keys));
    if (pk.startsWith('QUEUE#')) {
      if (eventName === 'REMOVE') this.standing.delete(`${pk} ${sk}`);
      else this.recordQueueItem(QueueItem.parse(unmarshall(dynamodb.NewImage ?? {})));
    }
    if (sk !== 'STATE' || !dynamodb.NewImage || !dynamodb.OldImage) return;
    this.recordState(
      Moved.parse(unmarshall(dynamodb.OldImage)),
      Moved.parse(unmarshall(dynamodb.NewImage)),
      invocation,
    );
  }

  private recordQueueItem({ pk, sk, jobId, owner }: z.infer<typeof QueueItem>): void {
    const [, provider = ''] = pk.split('#');
    const id = waitId(jobId, provider, sk);
    const others = [...this.waits.values()].filter(
      (wait) =>
        wait.owner === owner && wait.provider === provider && !wait.isAdmitted && wait.jobId !== jobId,
    );
    const wait: Wait = this.waits.get(id) ?? {
      jobId,
      owner,
      provider,
      queueKey: sk,
      clock: virtualTimeOf(this.providerStateOf(provider).virtualTimes, DEFAULT_PRIORITY),
      k: others.length + 1,
      before: new Map(),
      isAdmitted: false,
    };
    this.waits.set(id, wait);
    this.standing.set(`${pk} ${sk}`, { wait, queueKey: sk, writtenAt: this.changes });
  }

  private recordState(
    was: z.infer<typeof Moved>,
    is: z.infer<typeof Moved>,
    invocation: Invocation | undefined,
  ): void {
    const { jobId, provider = '' } = is;
    if (was.provider === provider && was.queueKey && is.queueKey && was.queueKey !== is.queueKey)
      this.found.add(`${jobId} lost its queue key ${was.queueKey} and got ${is.queueKey}`);
    if (is.slot === undefined || (was.slot !== undefined && was.provider === provider)) return;
    // An operator adopted a task: it is in flight already and passes nobody.
    if (is.task !== undefined) return;
    const readAt = this.readAt.get(`${invocation?.info.number} ${provider}`);
    if (readAt === undefined) this.found.add(`${jobId} was admitted without a read of the queue`);
    // While the circuit is open, each probe is another job.
    else if (!this.providerStateOf(provider).breaker) this.recordAdmission(is, readAt);
    const own = this.waits.get(waitId(jobId, provider, is.queueKey));
    if (own) own.isAdmitted = true;
  }

  private recordAdmission(
    { jobId, owner, provider = '', queueKey }: z.infer<typeof Moved>,
    readAt: number,
  ): void {
    const own = this.waits.get(waitId(jobId, provider, queueKey));
    for (const { wait, queueKey: other, writtenAt } of this.standing.values()) {
      // A job that came after the read of the queue was not visible.
      if (wait.provider !== provider || wait.jobId === jobId || writtenAt > readAt) continue;
      if (queueKey === undefined || other < queueKey)
        this.found.add(
          `${jobId} at ${queueKey ?? 'no queue key'} was admitted before ${wait.jobId} at ${other}`,
        );
      // A job that returns with an old queue key rightly goes first.
      if (!own || own.isAdmitted || own.owner === wait.owner || startTagOf(own.queueKey) < wait.clock)
        continue;
      wait.before.set(owner, (wait.before.get(owner) ?? 0) + 1);
    }
  }

  /**
   * An owner's kth job waits for at most k + 1 jobs of every other owner, however many that owner has. Each number that a
   * crash lost adds one, at most `lostNumbers` in all.
   */
  unfair(lostNumbers: number): string[] {
    return [...this.waits.values()].flatMap(({ jobId, owner, k, before }) =>
      [...before]
        .filter(([, count]) => count > k + 1 + lostNumbers)
        .map(([other, count]) => `${jobId}, job ${k} of ${owner}, waited for ${count} jobs of ${other}`),
    );
  }
}
