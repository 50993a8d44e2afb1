import type { Context } from 'aws-lambda';

/** What Lambda passes besides the event; no handler of ours looks at it. */
export const context: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'test',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:test',
  memoryLimitInMB: '128',
  awsRequestId: 'request',
  logGroupName: 'group',
  logStreamName: 'stream',
  getRemainingTimeInMillis: () => 30_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};

/** A message of a queue of ours, received so many times. */
export const sqsMessage = (body: string, receives = 1) => ({
  messageId: 'message1',
  receiptHandle: 'handle',
  body,
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: '0',
    SenderId: 's',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:queue',
  awsRegion: 'us-east-1',
});

/** An SQS message as the rule of the inbox sends it: EventBridge's S3 event. */
export const uploadMessage = (
  bucket: string,
  object: { key: string; 'version-id'?: string; size?: number; sequencer?: string; etag?: string },
  messageId = 'message1',
) => ({
  ...sqsMessage(
    JSON.stringify({
      version: '0',
      id: 'event1',
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '000000000000',
      time: '2026-01-01T00:00:00Z',
      region: 'us-east-1',
      resources: [`arn:aws:s3:::${bucket}`],
      detail: {
        version: '0',
        bucket: { name: bucket },
        object: { size: 100, etag: 'etag', sequencer: '00', ...object },
        'request-id': 'r',
        requester: '123456789012',
        'source-ip-address': '127.0.0.1',
        reason: 'PutObject',
      },
    }),
  ),
  messageId,
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:uploads',
});
