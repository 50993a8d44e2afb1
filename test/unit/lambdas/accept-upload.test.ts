import { handler } from '../../../lambdas/accept-upload.ts';
import { sqsMessage, uploadMessage } from '../../support/lambda.ts';

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';

/** A folder that the console makes: nothing to do, and no AWS to call. */
const folder = (messageId: string) => uploadMessage('inbox', { key: 'shoes/', size: 0 }, messageId);
const broken = (messageId: string) => ({ ...sqsMessage('no JSON'), messageId });

test('the messages that failed come again, and no others', async () => {
  const Records = [folder('a'), broken('b'), folder('c'), broken('d')];
  const { batchItemFailures } = await handler({ Records });
  expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()).toEqual(['b', 'd']);
});

test('a batch of which every message failed is answered, not thrown', async () => {
  expect(await handler({ Records: [broken('a')] })).toEqual({ batchItemFailures: [{ itemIdentifier: 'a' }] });
});

test('two batches at once do not know of each other', async () => {
  const answers = await Promise.all([
    handler({ Records: [broken('a'), folder('b')] }),
    handler({ Records: [folder('c')] }),
    handler({ Records: [folder('d'), broken('e')] }),
  ]);
  expect(answers).toEqual([
    { batchItemFailures: [{ itemIdentifier: 'a' }] },
    { batchItemFailures: [] },
    { batchItemFailures: [{ itemIdentifier: 'e' }] },
  ]);
});
