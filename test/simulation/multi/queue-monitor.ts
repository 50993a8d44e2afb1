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
  /** How far the queue was served when it came. */
  readonly clock: number;
  /** How many of its owner's jobs waited then, itself included: its k. */
  readonly k: number;
  /** How many jobs of each other owner were let in while it stood there, and could be seen to. */
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

/** Who is redriven waits anew, at another place. */
const waitId = (jobId: string, provider: string, queueKey: string | undefined): string =>
  `${jobId} ${provider} ${queueKey}`;

/** Looks at the table's changes: whether those who wait go on in their order, and none because somebody else has many. */
export class QueueMonitor {
  readonly found = new Set<string>();
  private readonly controlOf: (provider: string) => ProviderState;
  private readonly waits = new Map<string, Wait>();
  /** What stands in the queues, by its key: who, and at which change of the table it was written. */
  private readonly standing = new Map<
    string,
    { readonly wait: Wait; readonly queueKey: string; readonly writtenAt: number }
  >();
  /** At which change of the table a run of a function read a queue last. */
  private readonly readAt = new Map<string, number>();
  private changes = 0;

  constructor(controlOf: (provider: string) => ProviderState) {
    this.controlOf = controlOf;
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
      clock: virtualTimeOf(this.controlOf(provider).virtualTimes, DEFAULT_PRIORITY),
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
      this.found.add(`${jobId} lost its place ${was.queueKey} and got ${is.queueKey}`);
    if (is.slot === undefined || (was.slot !== undefined && was.provider === provider)) return;
    // A task that a person found: it is in flight already, whoever waits.
    if (is.task !== undefined) return;
    const readAt = this.readAt.get(`${invocation?.info.number} ${provider}`);
    if (readAt === undefined) this.found.add(`${jobId} was let in by somebody who had not seen the queue`);
    // Who tries a parked provider is another one each time.
    else if (!this.controlOf(provider).breaker) this.recordAdmission(is, readAt);
    const own = this.waits.get(waitId(jobId, provider, is.queueKey));
    if (own) own.isAdmitted = true;
  }

  private recordAdmission(
    { jobId, owner, provider = '', queueKey }: z.infer<typeof Moved>,
    readAt: number,
  ): void {
    const own = this.waits.get(waitId(jobId, provider, queueKey));
    for (const { wait, queueKey: other, writtenAt } of this.standing.values()) {
      // Who came after the queue was read could not be seen.
      if (wait.provider !== provider || wait.jobId === jobId || writtenAt > readAt) continue;
      if (queueKey === undefined || other < queueKey)
        this.found.add(
          `${jobId} at ${queueKey ?? 'no queue key'} was let in before ${wait.jobId} at ${other}`,
        );
      // What comes back with an old place goes before, and is no news.
      if (!own || own.isAdmitted || own.owner === wait.owner || startTagOf(own.queueKey) < wait.clock)
        continue;
      wait.before.set(owner, (wait.before.get(owner) ?? 0) + 1);
    }
  }

  /**
   * An owner's kth job waits for at most k + 1 of every other owner's, however many those have. A number that a crash lost is
   * one more: `lostNumbers` of them at most.
   */
  unfair(lostNumbers: number): string[] {
    return [...this.waits.values()].flatMap(({ jobId, owner, k, before }) =>
      [...before]
        .filter(([, count]) => count > k + 1 + lostNumbers)
        .map(([other, count]) => `${jobId}, number ${k} of ${owner}, waited for ${count} jobs of ${other}`),
    );
  }
}
