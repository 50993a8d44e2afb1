import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Partition, SortKey, SortKeyPrefix, startOf } from '../../../../../core/kernel/table-keys.ts';
import { identify, jobIdOf } from '../../../../../lambdas/shared/table/identify.ts';
import * as keys from '../../../../../lambdas/shared/table/keys.ts';

// Written out: tables that are deployed hold these keys.
test.each<[keys.ItemKey, string, string]>([
  [keys.stateKey('id'), 'J#id', 'STATE'],
  [keys.requestKey('id'), 'J#id', 'REQUEST'],
  [keys.eventKey('id', 17), 'J#id', 'EVENT#000017'],
  [keys.attemptKey('id', 2), 'J#id', 'ATTEMPT#2'],
  [keys.deliveryKey('id', 17, 3), 'J#id', 'DELIVERY#000017#003'],
  [keys.batchKey('id'), 'BATCH#id', 'STATE'],
  [keys.rowKey('id', 17), 'BATCH#id', 'ROW#000017'],
  [keys.providerStateKey('sim'), 'PROVIDER#sim', 'CONTROL'],
  [keys.wakeKey('sim'), 'PROVIDER#sim', 'WAKE'],
  [keys.slotKey('sim', '3'), 'SLOT#sim', '3'],
  [keys.queueItemKey('sim', '5#0000000001#id'), 'QUEUE#sim', '5#0000000001#id'],
  [keys.fairKey('sim', 'normal', 'shop'), 'FAIR#sim', 'normal#shop'],
  [keys.latencyKey({ provider: 'sim', model: 'veo', resolution: '720p' }, 3), 'LATENCY#sim#veo#720p', '3'],
  [keys.taskKey('sim', 'task#1'), 'TASK#sim#task#1', 'JOB'],
  [keys.callbackKey('sim', 'beef'), 'CALLBACK#sim#beef', 'SEEN'],
  [keys.limitsKey('shop'), 'OWNER#shop', 'LIMITS'],
  [keys.budgetKey('shop', '2026-11-30'), 'BUDGET#shop#2026-11-30', 'DAY'],
  [keys.spendKey('shop', '2026-11-30', 'veo'), 'STATS#shop#2026-11-30', 'veo'],
  [keys.apiKeyKey('key1'), 'API_KEYS', 'key1'],
])('the key %j', (key, pk, sk) => {
  expect(key).toEqual({ pk, sk });
});

test('the partitions of what is due', () => {
  expect(keys.duePartitions).toEqual(Array.from({ length: 8 }, (_, index) => `DUE#${index}`));
  fc.assert(
    fc.property(fc.string(), (id) => {
      expect(keys.duePartitions).toContain(keys.duePartition(id));
    }),
  );
});

test('lines, events and deliveries sort in their order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 999_999 }), (one, other) => {
      const order = Math.sign(one - other);
      const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
      expect(compare(keys.lineKey(one), keys.lineKey(other))).toBe(order);
      expect(compare(keys.eventSortKey(one), keys.eventSortKey(other))).toBe(order);
    }),
  );
});

test('an item is told apart by its key, whatever its id', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.nat(999), (id, n) => {
      expect(identify(keys.stateKey(id))).toEqual({ is: 'job-state', jobId: id });
      expect(identify(keys.requestKey(id))).toEqual({ is: 'job-request', jobId: id });
      expect(identify(keys.eventKey(id, n))).toEqual({ is: 'event', jobId: id });
      expect(identify(keys.attemptKey(id, n))).toEqual({ is: 'attempt', jobId: id });
      expect(identify(keys.deliveryKey(id, n, n))).toEqual({ is: 'delivery', jobId: id });
      expect(identify(keys.batchKey(id))).toEqual({ is: 'batch-state', batchId: id });
      expect(identify(keys.rowKey(id, n))).toEqual({ is: 'refused-row', batchId: id });
      expect(identify(keys.slotKey(id, String(n)))).toEqual({ is: 'slot', provider: id });
      expect(identify(keys.queueItemKey(id, `5#${n}#${id}`))).toEqual({ is: 'queued-job', provider: id });
      expect(identify(keys.providerStateKey(id))).toEqual({ is: 'provider-state', provider: id });
      expect(identify(keys.wakeKey(id))).toEqual({ is: 'wake', provider: id });
      expect(identify(keys.limitsKey(id))).toEqual({ is: 'other' });
      expect(jobIdOf(keys.attemptKey(id, n))).toBe(id);
    }),
  );
  expect(() => jobIdOf(keys.batchKey('b'))).toThrow('The item BATCH#b STATE belongs to no job.');
});

describe('nobody else writes a key', () => {
  const root = join(__dirname, '../../../../..');
  const OWN = 'core/kernel/table-keys.ts';
  const prefixes = [...Object.values(Partition), ...Object.values(SortKeyPrefix)];
  /** Words that mean nothing but a sort key. (`JOB` and `DAY` are words of their own elsewhere.) */
  const words = [SortKey.state, SortKey.request, SortKey.providerState, SortKey.wake, SortKey.limits];
  const strays = [
    new RegExp(`['"\`](?:${prefixes.join('|')})#`),
    new RegExp(`['"\`](?:${[...words, Partition.apiKeys].join('|')})['"\`]`),
    // Parts put together by hand; not the placeholders of an expression (` #name`) and not an address (`.md#topic`).
    /(?<![ .`]|\.md)#\$\{/,
    /['"`]#['"`]/,
  ];
  /** Comments may name keys. */
  const withoutComments = (source: string): string =>
    source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(?<![:'"`])\/\/.*$/gm, '');
  const straysIn = (source: string): string[] =>
    withoutComments(source)
      .split('\n')
      .filter((line) => strays.some((stray) => stray.test(line)));

  test('in core, lambdas, lib, local and cli', () => {
    const files = globSync('{core,lambdas,lib,local,cli}/**/*.ts', { cwd: root }).filter(
      (file) => file !== OWN,
    );
    expect(files.length).toBeGreaterThan(200);
    const found = files.flatMap((file) =>
      straysIn(readFileSync(join(root, file), 'utf8')).map((line) => `${file}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });

  test.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
    'const pk = `J#${jobId}`;',
    "item.sk === 'STATE'",
    "sk.startsWith('EVENT#')",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
    'const place = `${rank}#${tag}`;',
    "place.split('#')",
    "const PARTITION = 'API_KEYS';",
  ])('a stray one is seen: %s', (line) => {
    expect(straysIn(line)).toEqual([line]);
  });
});

test('a prefix ends where the next part begins: no kind is taken for another', () => {
  const starts = [Partition.job, Partition.batch, Partition.budget, Partition.slot].map(startOf);
  expect(starts).toEqual(['J#', 'BATCH#', 'BUDGET#', 'SLOT#']);
});
