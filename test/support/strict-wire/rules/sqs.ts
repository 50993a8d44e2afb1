import * as z from 'zod';
import { bytesOf, first, type Rule } from '../rule.ts';
import type { WireRequest } from '../wire-request.ts';

const QUOTAS =
  'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html';
const SEND = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html';
const BATCH =
  'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html';
const RECEIVE =
  'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html';

// 1 MiB since August 2025, and 256 KiB before.
const MAX_MESSAGE_BYTES = 1_048_576;

const Message = z.looseObject({
  Id: z.string().optional(),
  MessageBody: z.string().optional(),
  DelaySeconds: z.number().optional(),
  VisibilityTimeout: z.number().optional(),
  MessageAttributes: z.record(z.string(), z.unknown()).optional(),
});
const Input = Message.extend({
  Entries: z.array(Message).optional(),
  MaxNumberOfMessages: z.number().optional(),
  WaitTimeSeconds: z.number().optional(),
});

const isBatch = ({ operation }: WireRequest): boolean => operation.endsWith('Batch');
const entriesOf = ({ input }: WireRequest): z.infer<typeof Message>[] => Input.parse(input).Entries ?? [];
/** The messages that a request sends. */
const messagesOf = (request: WireRequest): z.infer<typeof Message>[] => {
  if (!request.operation.startsWith('SendMessage')) return [];
  return isBatch(request) ? entriesOf(request) : [Input.parse(request.input)];
};

// What XML 1.0 cannot hold: #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD and above may be sent.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule is about.
const NOT_IN_A_MESSAGE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

export const sqsRules: readonly Rule[] = [
  {
    id: 'message-over-1-mib',
    service: 'sqs',
    document: QUOTAS,
    status: 400,
    code: 'InvalidParameterValue',
    check: (request) =>
      first(
        messagesOf(request).map(
          ({ MessageBody = '' }) =>
            bytesOf(MessageBody) > MAX_MESSAGE_BYTES &&
            'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.',
        ),
      ),
  },
  {
    id: 'batch-over-1-mib',
    service: 'sqs',
    document: BATCH,
    status: 400,
    code: 'BatchRequestTooLong',
    check: (request) =>
      isBatch(request) &&
      messagesOf(request).reduce((sum, { MessageBody = '' }) => sum + bytesOf(MessageBody), 0) >
        MAX_MESSAGE_BYTES
        ? 'Batch requests cannot be longer than 1048576 bytes.'
        : undefined,
  },
  {
    id: 'message-empty',
    service: 'sqs',
    document: SEND,
    status: 400,
    code: 'InvalidParameterValue',
    check: (request) =>
      messagesOf(request).some(({ MessageBody = '' }) => MessageBody === '')
        ? 'The request must contain the parameter MessageBody.'
        : undefined,
  },
  {
    id: 'characters-of-a-message',
    service: 'sqs',
    document: QUOTAS,
    status: 400,
    code: 'InvalidMessageContents',
    check: (request) =>
      messagesOf(request).some(({ MessageBody = '' }) => NOT_IN_A_MESSAGE.test(MessageBody))
        ? 'Invalid characters in the message: allowed are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF'
        : undefined,
  },
  {
    id: 'delay-over-900-seconds',
    service: 'sqs',
    document: SEND,
    status: 400,
    code: 'InvalidParameterValue',
    check: (request) =>
      first(
        messagesOf(request).map(
          ({ DelaySeconds = 0 }) =>
            !(Number.isInteger(DelaySeconds) && DelaySeconds >= 0 && DelaySeconds <= 900) &&
            `Value ${DelaySeconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
        ),
      ),
  },
  {
    id: 'over-10-message-attributes',
    service: 'sqs',
    document: QUOTAS,
    status: 400,
    code: 'InvalidParameterValue',
    check: (request) =>
      messagesOf(request).some(({ MessageAttributes = {} }) => Object.keys(MessageAttributes).length > 10)
        ? 'Number of message attributes [11] exceeds the allowed maximum [10].'
        : undefined,
  },
  {
    id: 'batch-empty',
    service: 'sqs',
    document: BATCH,
    status: 400,
    code: 'EmptyBatchRequest',
    check: (request) =>
      isBatch(request) && entriesOf(request).length === 0
        ? 'There should be at least one SendMessageBatchRequestEntry in the request.'
        : undefined,
  },
  {
    id: 'batch-over-10-entries',
    service: 'sqs',
    document: BATCH,
    status: 400,
    code: 'TooManyEntriesInBatchRequest',
    check: (request) =>
      entriesOf(request).length > 10
        ? `Maximum number of entries per request are 10. You have sent ${entriesOf(request).length}.`
        : undefined,
  },
  {
    id: 'batch-entry-id',
    service: 'sqs',
    document: BATCH,
    status: 400,
    code: 'InvalidBatchEntryId',
    check: (request) =>
      entriesOf(request).some(({ Id = '' }) => !/^[\w-]{1,80}$/.test(Id))
        ? 'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.'
        : undefined,
  },
  {
    id: 'batch-entry-ids-not-distinct',
    service: 'sqs',
    document: BATCH,
    status: 400,
    code: 'BatchEntryIdsNotDistinct',
    check: (request) => {
      const ids = entriesOf(request).map(({ Id }) => Id);
      return new Set(ids).size < ids.length ? 'Id repeated.' : undefined;
    },
  },
  {
    id: 'receive-limits',
    service: 'sqs',
    document: RECEIVE,
    status: 400,
    code: 'InvalidParameterValue',
    check: ({ operation, input }) => {
      if (operation !== 'ReceiveMessage') return undefined;
      const { MaxNumberOfMessages: messages = 1, WaitTimeSeconds: seconds = 0 } = Input.parse(input);
      return first([
        (messages < 1 || messages > 10) &&
          `Value ${messages} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
        (seconds < 0 || seconds > 20) &&
          `Value ${seconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.`,
      ]);
    },
  },
  {
    id: 'visibility-over-12-hours',
    service: 'sqs',
    document:
      'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html',
    status: 400,
    code: 'InvalidParameterValue',
    check: (request) => {
      const all = [Input.parse(request.input), ...entriesOf(request)];
      return all.some(({ VisibilityTimeout: seconds = 0 }) => seconds < 0 || seconds > 43_200)
        ? 'Value for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.'
        : undefined;
    },
  },
];
