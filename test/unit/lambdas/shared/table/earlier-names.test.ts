import type * as z from 'zod';
import { BatchState } from '../../../../../core/batches/batch.ts';
import { Tombstone } from '../../../../../core/jobs/deletion.ts';
import { JobRequest, JobState } from '../../../../../core/jobs/job.ts';
import { JobEvent } from '../../../../../core/jobs/job-event.ts';
import { SubmitAttempt } from '../../../../../core/jobs/submit-ledger.ts';
import { StepInput, WaitInput } from '../../../../../core/kernel/contract.ts';
import { ProviderState } from '../../../../../core/queue/provider-state.ts';
import { Delivery, WebhookMessage } from '../../../../../core/webhooks/delivery.ts';
import { ExpandMessage } from '../../../../../lambdas/shared/messaging/batch-queue.ts';
import { renameJobState, renameProviderState } from '../../../../../lambdas/shared/table/earlier-names.ts';
import { QueueItem, SlotItem } from '../../../../../lambdas/shared/table/queue-items.ts';
import { pathsOf, readReleasedSchemas, releases } from '../../../../support/releases.ts';

// Items, messages and executions of an earlier release are read by the functions of this one.

const same = (item: Readonly<Record<string, unknown>>) => item;

/** How each is read now. */
const readers: Readonly<Record<string, { schema: z.ZodType; rename: typeof same }>> = {
  JobState: { schema: JobState, rename: renameJobState },
  ProviderState: { schema: ProviderState, rename: renameProviderState },
  JobRequest: { schema: JobRequest, rename: same },
  JobEvent: { schema: JobEvent, rename: same },
  SubmitAttempt: { schema: SubmitAttempt, rename: same },
  Tombstone: { schema: Tombstone, rename: same },
  Delivery: { schema: Delivery, rename: same },
  BatchState: { schema: BatchState, rename: same },
  QueueItem: { schema: QueueItem, rename: same },
  SlotItem: { schema: SlotItem, rename: same },
  // Messages in queues, and the input of steps.
  WebhookMessage: { schema: WebhookMessage, rename: same },
  ExpandMessage: { schema: ExpandMessage, rename: same },
  StepInput: { schema: StepInput, rename: same },
  WaitInput: { schema: WaitInput, rename: same },
};

/** `doubt.verdict` → `unconfirmed.verdict` */
const renamed = (path: string, rename: typeof same): string => {
  const [, name = '', rest = ''] = /^(\w*)(.*)$/.exec(path) ?? [];
  return `${Object.keys(rename({ [name]: 1 }))[0]}${rest}`;
};

describe.each(releases)('what %s wrote', (release) => {
  const written = Object.entries(readReleasedSchemas(release));

  test.each(written)('%s is read: every name and every word', (kind, paths) => {
    const reader = readers[kind];
    if (!reader) throw new Error(`Nothing reads ${kind}.`);
    const known = new Set(pathsOf(reader.schema));
    const unread = paths.map((path) => renamed(path, reader.rename)).filter((path) => !known.has(path));
    // Add the earlier name to lambdas/shared/table/earlier-names.ts.
    expect(unread.filter((path) => !path.endsWith('!'))).toEqual([]);
  });

  test.each(written)('%s has everything that is required now', (kind, paths) => {
    const reader = readers[kind];
    const earlier = new Set(paths.map((path) => renamed(path, reader?.rename ?? same)));
    const required = reader ? pathsOf(reader.schema).filter((path) => path.endsWith('!')) : [];
    // A new attribute is optional, or has a default: an earlier item does not have it.
    expect(required.filter((path) => !earlier.has(path))).toEqual([]);
  });
});

test('an item of 0.1.0 has the present names, and keeps the rest', () => {
  const item = { jobId: 'a', place: '5#1#a', breaks: 1, orderWasFree: true, doubt: { verdict: 'failed' } };
  expect(renameJobState(item)).toEqual({
    jobId: 'a',
    queueKey: '5#1#a',
    openedCircuits: 1,
    lastSubmitWasFree: true,
    unconfirmed: { verdict: 'failed' },
  });
  expect(renameProviderState({ revision: 1, clocks: { low: 2 }, hold: { by: 'me' } })).toEqual({
    revision: 1,
    virtualTimes: { low: 2 },
    pause: { by: 'me' },
  });
});
