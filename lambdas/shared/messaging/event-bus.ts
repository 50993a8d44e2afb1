import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import { JobEvent } from '../../../core/jobs/job-event.ts';
import { type DetailType, Env, EVENT_SOURCE } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { loggable, logger } from '../platform/logger.ts';
import { settle } from '../table/due-items.ts';

// PutEvents takes ten at a time.
const BATCH = 10;

/** A timeline entry on its way to the bus. */
export interface Outgoing {
  readonly pk: string;
  readonly sk: string;
  /** Of an event that needs a person's attention: why, and for which job. */
  readonly attention?: { readonly jobId: string; readonly reason: string };
  readonly entry: PutEventsRequestEntry;
}

let client: EventBridgeClient | undefined;

/** The events that raise attention. A job's later events carry it too, and do not count again. */
const RAISING: readonly DetailType[] = ['Video Job Needs Attention', 'Video Job Overdue', 'Video Job Failed'];

const Attention = z.looseObject({ attention: z.looseObject({ reason: z.string() }) });

const attentionOf = (event: JobEvent): Pick<Outgoing, 'attention'> => {
  const raised = RAISING.includes(event.type) ? Attention.safeParse(event).data : undefined;
  return raised ? { attention: { jobId: event.jobId, reason: raised.attention.reason } } : {};
};

const TimelineItem = z.looseObject({ ...JobEvent.shape, pk: z.string(), sk: z.string() });

/** An item of the timeline as an event, without the keys of the table; or why it is not one. */
export const toOutgoing = (item: unknown): Outgoing | { readonly reason: string } => {
  const event = TimelineItem.safeParse(item);
  if (!event.success) return { reason: event.error.message };
  const { pk, sk, due: _due, dueAt: _dueAt, type, ...detail } = event.data;
  return {
    pk,
    sk,
    ...attentionOf(event.data),
    entry: {
      Source: EVENT_SOURCE,
      DetailType: type,
      Time: new Date(detail.at),
      Detail: JSON.stringify(detail),
      EventBusName: environment(Env.eventBus),
    },
  };
};

/**
 * Publishes in order, ten at a time, until the bus refuses an event; answers the first refused one. Events of the same ten that
 * the bus took after it are published again with it: consumers expect duplicates. A published event is settled.
 */
export const publish = async <Event extends Outgoing>(
  events: readonly Event[],
): Promise<Event | undefined> => {
  client ??= new EventBridgeClient({});
  for (let start = 0; start < events.length; start += BATCH) {
    const batch = events.slice(start, start + BATCH);
    const { Entries = [] } = await client.send(
      new PutEventsCommand({ Entries: batch.map(({ entry }) => entry) }),
    );
    const first = Entries.findIndex(({ ErrorCode }) => ErrorCode !== undefined);
    await Promise.all((first < 0 ? batch : batch.slice(0, first)).map(settleQuietly));
    if (first >= 0) {
      logger.warn('the bus refused an event', {
        code: Entries[first]?.ErrorCode,
        reason: Entries[first]?.ErrorMessage,
      });
      return batch[first];
    }
  }
  return undefined;
};

/** The sweeper publishes an event again that could not be settled. */
const settleQuietly = async (event: Outgoing): Promise<void> => {
  try {
    await settle(event);
  } catch (error) {
    logger.warn('a published event could not be settled', { pk: event.pk, error: loggable(error) });
  }
};
