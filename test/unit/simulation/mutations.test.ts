import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { multiMutations } from '../../simulation/mutations/multi-mutations.ts';
import { type Change, indexSources, type Mutation, mutate } from '../../simulation/mutations/mutation.ts';
import { singleMutations } from '../../simulation/mutations/single-mutations.ts';

const allMutations = [...singleMutations, ...multiMutations];

describe('the mutations of the proof', () => {
  const index = indexSources(join(__dirname, '../../..'));

  test('each has a name of its own', () => {
    expect(new Set(allMutations.map(({ name }) => name)).size).toBe(allMutations.length);
    expect(allMutations.length).toBeGreaterThanOrEqual(47);
  });

  test.each(allMutations.map((mutation) => [mutation.name, mutation] as const))(
    'is found at one place, and leaves TypeScript: %s',
    (_, mutation) => {
      expect(mutate(index, mutation).size).toBeGreaterThan(0);
    },
  );
});

describe('a mutation', () => {
  let repository: string;

  beforeEach(() => {
    repository = mkdtempSync(join(tmpdir(), 'startframe-test-'));
    for (const folder of ['core', 'lambdas', 'lib']) mkdirSync(join(repository, folder));
  });

  afterEach(() => rmSync(repository, { recursive: true }));

  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), text);
  };

  const apply = (...changes: Change[]): Record<string, string> => {
    const mutation: Mutation = { name: 'any', changes };
    return Object.fromEntries(mutate(indexSources(repository), mutation));
  };

  const lease: Change = { in: 'mayPost', from: "$NOW < last.until && say('no')", to: 'false' };
  const mayPost = "export const mayPost = (now, last) => now < last.until && say('no');\n";

  test('changes the one place and nothing else', () => {
    write(
      'core/ledger.ts',
      `// ä comment of more bytes than characters: …\n${mayPost}export const other = 1;\n`,
    );
    expect(apply(lease)).toEqual({
      'core/ledger.ts':
        '// ä comment of more bytes than characters: …\nexport const mayPost = (now, last) => (false);\nexport const other = 1;\n',
    });
  });

  test('finds a file that moved', () => {
    write('lambdas/shared/jobs/submit/ledger.ts', mayPost);
    expect(Object.keys(apply(lease))).toEqual(['lambdas/shared/jobs/submit/ledger.ts']);
  });

  test.each([
    [
      'other white space and quotes',
      'function mayPost(now, last) {\n  return now<last.until\n    && say("no")\n}',
    ],
    ['a trailing comma', "const mayPost = (now, last) => now < last.until && say(\n'no',\n);"],
    ['parentheses', "const mayPost = (now, last) => ((now < last.until) && (say('no')));"],
    ['a comment', "const mayPost = (now, last) => now < last.until /* why */ && say('no');"],
    ['a renamed variable', "const mayPost = (present, last) => present < last.until && say('no');"],
    ['a method', "class Ledger { mayPost(now, last) { return now < last.until && say('no'); } }"],
    ['a property', "const ledger = { mayPost: (now, last) => now < last.until && say('no') };"],
  ])('finds code that is written with %s', (_, code) => {
    write('core/ledger.ts', code);
    expect(apply(lease)['core/ledger.ts']).toContain('(false)');
  });

  test.each([
    ['another operator', "const mayPost = (now, last) => now <= last.until && say('no');"],
    ['another text', "const mayPost = (now, last) => now < last.until && say('yes');"],
    ['another property', "const mayPost = (now, last) => now < last.since && say('no');"],
    ['more arguments', "const mayPost = (now, last) => now < last.until && say('no', now);"],
    ['an optional call', "const mayPost = (now, last) => now < last.until && say?.('no');"],
  ])('does not take for it code with %s', (_, code) => {
    write('core/ledger.ts', code);
    expect(() => apply(lease)).toThrow(
      `"mayPost" (core/ledger.ts) does not contain: $NOW < last.until && say('no')`,
    );
  });

  test('is refused where nothing is declared by its name, with the closest names', () => {
    write(
      'core/ledger.ts',
      'export const mayPosts = 1;\nfunction mayWait() {}\nclass Store { save() {} }\nconst zzzzzzzzzzzz = 1;',
    );
    expect(() => apply(lease)).toThrow(
      'core/, lambdas/ and lib/ declare nothing named "mayPost". Closest: mayPosts, mayWait, Store.',
    );
  });

  test('is refused where its code stands more than once, until it names the member', () => {
    write('core/ledger.ts', "class Ledger { save() { write('all'); } }\n");
    write('core/store.ts', "class Store {\n  save() { write('all'); }\n}\n");
    const change = { from: "write('all');", to: '' };
    expect(() => apply({ in: 'save', ...change })).toThrow(
      '"save" contains it more than once (core/ledger.ts:1:25, core/store.ts:2:12), so name a member or more of the code: write(\'all\');',
    );
    expect(apply({ in: 'Store.save', ...change })).toEqual({
      'core/store.ts': 'class Store {\n  save() {  }\n}\n',
    });
  });

  test('may name what several files declare, where one of them has the code', () => {
    write('lambdas/a.ts', 'export const handler = () => first();');
    write('lambdas/b.ts', 'export const handler = () => second();');
    expect(Object.keys(apply({ in: 'handler', from: 'second()', to: 'undefined' }))).toEqual([
      'lambdas/b.ts',
    ]);
  });

  test('takes along what its variables stand for', () => {
    write(
      'core/a.ts',
      'export const a = async () => {\n  const saved = await save(x ? y : z, 1, ...more);\n  go(saved);\n};\n',
    );
    const from = 'const $SAVED = await save($WHAT, $$$REST); go($SAVED);';
    expect(apply({ in: 'a', from, to: 'const $SAVED = $WHAT || save($$$REST);' })).toEqual({
      'core/a.ts': 'export const a = async () => {\n  const saved = (x ? y : z) || save(1, ...more);\n};\n',
    });
    expect(() => apply({ in: 'a', from: 'go($OTHER);', to: 'go($SAVED);' })).toThrow(
      '"go($OTHER);" has no $SAVED for "go($SAVED);".',
    );
  });

  test('wants the same code for the same variable', () => {
    write('core/a.ts', 'export const a = (x, y) => [x ?? y, y ?? y];');
    expect(apply({ in: 'a', from: '$X ?? $X', to: '$X' })['core/a.ts']).toContain('[x ?? y, (y)]');
  });

  test('changes two places of one file, whatever their order', () => {
    write('core/a.ts', 'export const a = () => { one(); two(); three(); };');
    expect(
      apply({ in: 'a', from: 'three();', to: '' }, { in: 'a', from: 'one();', to: 'two();' })['core/a.ts'],
    ).toBe('export const a = () => { two(); two();  };');
  });

  test('is refused when it changes the same code twice', () => {
    write('core/a.ts', 'export const a = () => one(two());');
    expect(() =>
      apply({ in: 'a', from: 'two()', to: '1' }, { in: 'a', from: 'one($$$ALL)', to: '2' }),
    ).toThrow('Two changes of core/a.ts are of the same code.');
  });

  test('is refused when it names what its file does not know: that fails without any guard', () => {
    write('core/a.ts', 'export const a = () => one(Math.random());');
    write('core/b.ts', 'export const timeUp = 1;');
    expect(() => apply({ in: 'a', from: 'one($X)', to: 'timeUp' })).toThrow(
      'core/a.ts knows nothing named "timeUp", which "timeUp" uses.',
    );
    expect(apply({ in: 'a', from: 'one($X)', to: 'Math.floor($X)' })['core/a.ts']).toContain('(Math.floor(');
  });

  test('is refused when it is no code, or leaves none', () => {
    write('core/a.ts', 'export const a = () => { if (b) c(); };');
    expect(() => apply({ in: 'a', from: 'c(', to: '' })).toThrow('"c(" is no TypeScript.');
    expect(() => apply({ in: 'a', from: '', to: 'c();' })).toThrow('The change in "a" names no code.');
    expect(() => apply({ in: 'a', from: 'c()', to: 'a();' })).toThrow(
      'What core/a.ts would become is no TypeScript.',
    );
  });
});
