import { forgetProvider } from '../../support/job-items.ts';
import { context } from '../../support/lambda.ts';
import { awaitSlot, prepare, setUpQueue, told, waits, withFrame } from './admit-jobs-builder.ts';

setUpQueue();

describe('what waiting costs, in requests to the table', () => {
  let requests: string[] = [];
  beforeAll(async () => {
    const { table } = await import('../../../lambdas/shared/table/dynamodb.ts');
    table().middlewareStack.add(
      (next, { commandName = '' }) =>
        (request) => {
          requests.push(commandName.replace('Command', ''));
          return next(request);
        },
      { step: 'initialize' },
    );
  });
  const costOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    requests = [];
    await work();
    return requests;
  };
  const step = ['Query', 'TransactWriteItems'];

  it('is nothing where nothing is limited', async () => {
    const jobId = await withFrame({ provider: 'free' });
    expect(await costOf(() => prepare({ jobId, run: 1 }, context))).toEqual(step);
  });

  it('is three reads and a transaction where a slot is free', async () => {
    const jobId = await withFrame({});
    expect(await costOf(() => prepare({ jobId, run: 1 }, context))).toEqual([
      ...step,
      ...['GetItem', 'Query', 'Query', 'TransactWriteItems'],
    ]);
  });

  it('is thirteen requests more for a job that waits: looking, standing in line, being let go on', async () => {
    await waits();
    const jobId = await withFrame({});
    expect(await costOf(() => prepare({ jobId, run: 1 }, context))).toEqual([
      ...step,
      'GetItem',
      'Query',
      'Query',
    ]);
    await forgetProvider('simulated');
    expect(await costOf(() => awaitSlot({ jobId, run: 1, token: 't' }, context))).toEqual([
      ...['Query', 'GetItem', 'UpdateItem', 'TransactWriteItems'],
    ]);
    // The queue, what holds for the provider, its slots; the job, its admission; the queue again.
    expect(await costOf(() => told('QUEUE#simulated'))).toEqual([
      ...['Query', 'GetItem', 'Query', 'Query', 'TransactWriteItems', 'Query'],
    ]);
  });
});
