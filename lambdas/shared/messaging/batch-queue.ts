import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';

/** What `expand-batch` is told. Where to go on stands in the batch's record. */
export const ExpandMessage = z.object({ batchId: z.string() });

let client: SQSClient | undefined;

/** Has the next rows of a batch made jobs. Said twice it does no harm. */
export const sendForBatch = async (batchId: string): Promise<void> => {
  client ??= new SQSClient({});
  await client.send(
    new SendMessageCommand({
      QueueUrl: environment(Env.batchQueue),
      MessageBody: JSON.stringify({ batchId } satisfies z.infer<typeof ExpandMessage>),
    }),
  );
};
