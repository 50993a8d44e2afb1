import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { acceptDrop } from './shared/jobs/accept-upload.ts';
import { loggable, logger } from './shared/platform/logger.ts';

/** S3's event of a new object, as EventBridge sends it. The key is decoded already (unlike in S3's own notifications). */
const ObjectCreated = z.object({
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      size: z.number().default(0),
      'version-id': z.string().optional(),
      etag: z.string().default(''),
      sequencer: z.string().default(''),
    }),
    requester: z.string().optional(),
  }),
});

const accept = async ({ body, messageId }: SQSRecord): Promise<void> => {
  try {
    const { bucket, object, requester } = ObjectCreated.parse(JSON.parse(body)).detail;
    // The console makes folders by writing empty objects.
    if (object.size === 0 && object.key.endsWith('/')) return;
    await acceptDrop({
      bucket: bucket.name,
      key: object.key,
      etag: object.etag,
      sequencer: object.sequencer,
      ...(object['version-id'] ? { versionId: object['version-id'] } : {}),
      ...(requester ? { requester } : {}),
    });
  } catch (error) {
    logger.error('upload not accepted', { messageId, error: loggable(error) });
    throw error;
  }
};

/** One job for each new object of the inbox. A message that fails comes again; one that never works goes to the dead letters. */
export const handler = (event: SQSEvent): Promise<SQSBatchResponse> =>
  // A processor keeps what failed: one for each batch. Without the option it throws when every message failed.
  processPartialResponse(event, accept, new BatchProcessor(EventType.SQS), {
    throwOnFullBatchFailure: false,
  });
