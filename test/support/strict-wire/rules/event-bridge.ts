import * as z from 'zod';
import { bytesOf, type Rule } from '../rule.ts';

const PUT_EVENTS = 'https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html';

// One megabyte since January 2026, and 256 KB before.
const MAX_ENTRIES_BYTES = 1024 ** 2;

const Entry = z.looseObject({
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  Resources: z.array(z.string()).optional(),
  Time: z.number().optional(),
});
const Input = z.object({ Entries: z.array(Entry).optional() });

/** As EventBridge counts: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
const sizeOf = ({ Source, DetailType, Detail, Resources = [], Time }: z.infer<typeof Entry>): number =>
  [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + bytesOf(text ?? ''), 0) +
  (Time === undefined ? 0 : 14);

const entriesOf = (input: unknown): z.infer<typeof Entry>[] => Input.parse(input).Entries ?? [];

export const eventBridgeRules: readonly Rule[] = [
  {
    id: 'over-10-entries',
    service: 'events',
    document: PUT_EVENTS,
    status: 400,
    code: 'ValidationException',
    check: ({ operation, input }) =>
      operation === 'PutEvents' && (entriesOf(input).length > 10 || entriesOf(input).length < 1)
        ? "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10"
        : undefined,
  },
  {
    id: 'entries-over-1-mb',
    service: 'events',
    document: PUT_EVENTS,
    status: 400,
    code: 'ValidationException',
    check: ({ operation, input }) =>
      operation === 'PutEvents' &&
      entriesOf(input).reduce((sum, entry) => sum + sizeOf(entry), 0) >= MAX_ENTRIES_BYTES
        ? 'Total size of the entries in the request is over the limit.'
        : undefined,
  },
];
