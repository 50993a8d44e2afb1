import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { Partition, SortKeyPrefix } from '../../core/kernel/table-keys.ts';

// The linter knows which rooms may import which (`lint/`, `biome.json`). Here stands what it cannot say.

const ROOT = join(import.meta.dirname, '../..');
const sources = new Map(
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file !== '')
    .flatMap((file): [string, string][] => {
      try {
        return [[file, readFileSync(join(ROOT, file), 'utf8')]];
      } catch {
        return []; // deleted, and not yet so in the index
      }
    }),
);
const isTest = (file: string): boolean => file.startsWith('test/');
const isGenerated = (text: string): boolean => text.startsWith('// Made by ');

/** What a file imports of ours: values, types, what it exports again, and what it imports when it runs. */
const importsOf = (file: string, text: string): readonly string[] =>
  [
    ...text.matchAll(
      /^(?:import|export)\s[^;'"]*?from '(\.[^']+)'|^import '(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm,
    ),
  ]
    .map(([, named, bare, dynamic]) => normalize(join(dirname(file), named ?? bare ?? dynamic ?? '')))
    .filter((imported) => sources.has(imported));

/** One way from a file back to itself, if there is any. */
const circleIn = (graph: ReadonlyMap<string, readonly string[]>): readonly string[] => {
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): readonly string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const imported of graph.get(file) ?? []) {
      const circle = walk(imported, [...way, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const circle = walk(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
};

it('finds a circle where there is one', () => {
  const graph = new Map([
    ['a', ['b', 'c']],
    ['b', ['c']],
    ['c', ['d']],
    ['d', ['b']],
  ]);
  expect(circleIn(graph)).toEqual(['b', 'c', 'd', 'b']);
});

it('no file imports itself by way of others, not even its types', () => {
  const graph = new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]));
  expect([...graph.values()].flat().length).toBeGreaterThan(1000);
  expect(circleIn(graph)).toEqual([]);
});

/** Files of more lines than that, with no reason in their head. */
const longFiles = (lines: number, isMeant: (file: string, text: string) => boolean): readonly string[] => {
  const reason = new RegExp(`^(?:import [^;]*;\\s*)*// Longer than ${lines} lines: `);
  return [...sources]
    .filter(([file, text]) => isMeant(file, text))
    .filter(([, text]) => text.trimEnd().split('\n').length > lines)
    .filter(([, text]) => !reason.test(text))
    .map(([file]) => file);
};

it('a file of more than 250 lines says in its head why', () => {
  expect(longFiles(250, (file, text) => !isTest(file) && !isGenerated(text))).toEqual([]);
});

it('a test file of more than 300 lines says in its head why', () => {
  expect(longFiles(300, (file) => file.endsWith('.test.ts'))).toEqual([]);
});

describe('keys of the table', () => {
  const MAKERS = ['core/kernel/table-keys.ts', 'lambdas/shared/table/keys.ts'];
  const words = [...Object.values(Partition), ...Object.values(SortKeyPrefix)];
  const literal = new RegExp(`['"\`](?:${words.join('|')})#`);
  const isComment = (line: string): boolean => /^\s*(?:\/\/|\/?\*)/.test(line);

  it('are written in one place', () => {
    expect(words.length).toBeGreaterThan(5);
    const found = [...sources]
      .filter(([file]) => !isTest(file) && !MAKERS.includes(file))
      .flatMap(([file, text]) =>
        text
          .split('\n')
          .flatMap((line, index) => (literal.test(line) && !isComment(line) ? [`${file}:${index + 1}`] : [])),
      );
    expect(found).toEqual([]);
  });
});
