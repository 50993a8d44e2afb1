import { batchJobId } from '../../../core/kernel/ids.ts';
import { buckets } from '../../support/aws.ts';
import { png } from '../../support/pictures.ts';
import {
  aws,
  batchOf,
  count,
  expand,
  handler,
  inTime,
  jobsOf,
  message,
  proxy,
  refusedLines,
  setUpBatches,
  started,
  stateOf,
  store,
} from './expand-batch-builder.ts';

setUpBatches();

describe('however often it is begun, each row is one job or one refusal', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => index + 2);
  const good = (line: number) => line % 4 !== 0;
  const textOf = (count: number) =>
    [
      'prompt,model',
      ...lines(count).map((line) => (good(line) ? `Row ${line}.,` : `Row ${line}.,nope`)),
    ].join('\n');

  const expectWhole = async (batchId: string, count: number) => {
    const accepted = lines(count).filter(good);
    expect(await stateOf(batchId)).toMatchObject({
      status: 'expanded',
      rows: count,
      accepted: accepted.length,
      refused: count - accepted.length,
    });
    const jobs = await jobsOf(batchId, lines(count));
    expect(jobs.map(({ line }) => line)).toEqual(accepted);
    for (const { items } of jobs) expect(Object.keys(items)).toEqual(['EVENT#000001', 'REQUEST', 'STATE']);
    expect(await refusedLines(batchId)).toEqual(lines(count).filter((line) => !good(line)));
    const executions = await started();
    for (const line of accepted) expect(executions).toContain(`${batchJobId(batchId, line)}-1`);
  };

  const crashed = async (count: number, nth: number, when: 'before' | 'after') => {
    const batchId = await batchOf(textOf(count));
    proxy.crashAt(nth, when);
    await handler(message(batchId), inTime).catch(() => undefined);
    const { requests } = proxy;
    proxy.heal();
    await expand(batchId, 2);
    await expectWhole(batchId, count);
    return requests < nth;
  };

  it.each(['before', 'after'] as const)(
    'with a crash %s any call to the outside',
    async (when) => {
      let nth = 1;
      while (!(await crashed(5, nth, when))) nth += 1;
      // Its record, its manifest, that it begins; five rows with three calls each, or two; that they are counted.
      expect(nth).toBeGreaterThan(3 + 5 * 2);
    },
    300_000,
  );

  it.each(['before', 'after'] as const)(
    'with a crash %s some calls of a longer one',
    async (when) => {
      for (const nth of [4, 40, 70, 79, 80, 81, 85, 90]) await crashed(30, nth, when);
    },
    300_000,
  );

  it('with two at work on it at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      const batchId = await batchOf(textOf(30));
      await Promise.all([expand(batchId), expand(batchId), expand(batchId)]);
      await expand(batchId);
      await expectWhole(batchId, 30);
    }
  }, 60_000);

  it('although what its rows name has come or gone meanwhile', async () => {
    const late = `late-${count}.png`;
    const going = `going-${count}.png`;
    await aws.put(going, png(), {}, buckets.frames);
    const batchId = await batchOf(
      `frame,prompt\ns3://${buckets.frames}/${late},A\ns3://${buckets.frames}/${going},B\n`,
    );
    const before = await stateOf(batchId);
    await expand(batchId);
    await aws.put(late, png(), {}, buckets.frames);
    await aws.remove(going, buckets.frames);
    // As if it had died before its rows were counted.
    await store.saveBatch({ ...before, revision: (await stateOf(batchId)).revision + 1 });
    await expand(batchId);
    expect(await stateOf(batchId)).toMatchObject({ status: 'expanded', accepted: 1, refused: 1 });
    expect(await refusedLines(batchId)).toEqual([2]);
    expect(await jobsOf(batchId, [2, 3])).toMatchObject([{ line: 3 }]);
  });
});
