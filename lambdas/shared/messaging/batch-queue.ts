import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';

/** A message to `expand-batch`. The batch's record says where to continue. */
export const ExpandMessage = z.object({ batchId: z.string() });

let client: SQSClient | undefined;

/** Has `expand-batch` make jobs of the next rows. A second message does no harm. */
export const sendForBatch = async (batchId: string): Promise<void> => {
  client ??= new SQSClient({});
  await client.send(
    new SendMessageCommand({
      QueueUrl: environment(Env.batchQueue),
      MessageBody: JSON.stringify({ batchId } satisfies z.infer<typeof ExpandMessage>),
    }),
  );
};
