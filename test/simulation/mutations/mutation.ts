import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Declaration, type ModuleItem, parseSync } from '@swc/core';
import { distance } from 'fastest-levenshtein';

/** Removes one guard from the source, to show that the proof notices. It has several changes where the guard is in several places. */
export interface Mutation {
  readonly name: string;
  readonly changes: readonly Change[];
  /** Runs only the races whose description contains this, because a random run shows the violation too rarely. */
  readonly rival?: string;
}

/**
 * The place of a guard, and the code without it. It names no file and compares code as syntax, so it survives moves,
 * reformatting and, for what a `$NAME` stands for, renames.
 */
export interface Change {
  /** The top-level declaration that contains it, or a member of one: `decideSubmit`, `VerifiedVideo`, `VerifiedVideo.facts`. */
  readonly in: string;
  /**
   * An expression, or with a semicolon at its end one statement or several. `$NAME` stands for any code, the same each time;
   * `$$$NAME` for the rest of a list.
   */
  readonly from: string;
  /** The same kind of code: an expression for an expression, statements (or none) for statements. */
  readonly to: string;
}

/** A mutation does not fit the source. The message says why and where to look. */
export class MutationRefused extends Error {
  override readonly name = 'MutationRefused';
}

interface Source {
  readonly path: string;
  /** Positions of the parser count bytes. */
  readonly bytes: Buffer;
  readonly tree: unknown;
}

interface Declared {
  readonly name: string;
  readonly source: Source;
  readonly tree: unknown;
}

/** Every declaration that a mutation can name. */
export type SourceIndex = readonly Declared[];

const FOLDERS = ['core', 'lambdas', 'lib'];
const folders = new Intl.ListFormat('en-GB').format(FOLDERS.map((folder) => `${folder}/`));

/** Reads every TypeScript file under `core/`, `lambdas/` and `lib/` of a repository, once for all mutations. */
export const indexSources = (repository: string): SourceIndex =>
  FOLDERS.flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => declarationsOf(repository, join(folder, name))),
  );

/** The changed files of a mutation: path in the repository → new text. Throws `MutationRefused`. */
export const mutate = (index: SourceIndex, { changes }: Mutation): ReadonlyMap<string, string> => {
  const edits = changes.map((change) => editOf(index, change));
  const sources = new Set(edits.map(({ source }) => source));
  return new Map(
    [...sources].map((source) => [
      source.path,
      edited(
        source,
        edits.filter((edit) => edit.source === source),
      ),
    ]),
  );
};

interface Edit {
  readonly source: Source;
  readonly span: Span;
  readonly text: string;
}

const editOf = (index: SourceIndex, change: Change): Edit => {
  const { source, span, captures } = locate(index, change);
  const known = new Set(namesIn(source.tree));
  const unknown = namesIn(treesOf(change.to)).find(
    (name) => !isVariable(name) && !known.has(name) && !(name in globalThis),
  );
  // An unknown name throws a ReferenceError, which the proof reports whether or not it would miss the guard.
  if (unknown !== undefined)
    throw new MutationRefused(`${source.path} knows nothing named "${unknown}", which "${change.to}" uses.`);
  const text = change.to.replace(VARIABLES, (name) => {
    if (!captures.has(name)) throw new MutationRefused(`"${change.from}" has no ${name} for "${change.to}".`);
    return textOf(source, captures.get(name));
  });
  return { source, span, text: isStatements(change.from) ? text : `(${text})` };
};

const edited = (source: Source, edits: readonly Edit[]): string => {
  const fromEnd = edits.toSorted((a, b) => b.span.start - a.span.start);
  if (
    fromEnd.some(({ span }, place) => span.end > (fromEnd[place - 1]?.span.start ?? Number.POSITIVE_INFINITY))
  )
    throw new MutationRefused(`Two changes of ${source.path} are of the same code.`);
  const text = fromEnd
    .reduce(
      (bytes, { span, text }) =>
        Buffer.concat([bytes.subarray(0, span.start), Buffer.from(text), bytes.subarray(span.end)]),
      source.bytes,
    )
    .toString();
  parse(text, `What ${source.path} would become`);
  return text;
};

interface Place {
  readonly source: Source;
  readonly span: Span;
  readonly captures: Captures;
}

/** Declarations may share a name (each function has a `handler`) if only one of them contains the code. */
const locate = (index: SourceIndex, change: Change): Place => {
  const declared = index.filter(({ name }) => name === change.in || name.endsWith(`.${change.in}`));
  if (declared.length === 0)
    throw new MutationRefused(
      `${folders} declare nothing named "${change.in}". Closest: ${closest(index, change.in).join(', ')}.`,
    );
  const pattern = treesOf(change.from);
  if (pattern.length === 0) throw new MutationRefused(`The change in "${change.in}" names no code.`);
  const places = declared.flatMap(({ source, tree }) =>
    matchesIn(tree, pattern).map((match) => ({ source, ...match })),
  );
  const [place, ...others] = new Map(places.map((found) => [positionOf(found), found])).values();
  if (!place)
    throw new MutationRefused(
      `"${change.in}" (${declared.map(({ source }) => source.path).join(', ')}) does not contain: ${change.from}`,
    );
  if (others.length > 0)
    throw new MutationRefused(
      `"${change.in}" contains it more than once (${[place, ...others].map(positionOf).join(', ')}), so name a member or more of the code: ${change.from}`,
    );
  return place;
};

const positionOf = ({ source: { path, bytes }, span }: Place): string => {
  const before = bytes.subarray(0, span.start).toString().split('\n');
  return `${path}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
};

const closest = (index: SourceIndex, wanted: string): readonly string[] =>
  [...new Set(index.map(({ name }) => name))]
    .map((name) => ({ name, far: distance(name.toLowerCase(), wanted.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ name }) => name);

// ── Declarations ──

const parse = (text: string, what: string) => {
  try {
    return parseSync(text, { syntax: 'typescript', target: 'es2024' });
  } catch (error) {
    throw new MutationRefused(`${what} is no TypeScript.`, { cause: error });
  }
};

const declarationsOf = (repository: string, path: string): Declared[] => {
  const bytes = readFileSync(join(repository, path));
  const tree = parse(bytes.toString(), path);
  const source = { path, bytes, tree };
  return tree.body.flatMap(declaredBy).map((declared) => ({ ...declared, source }));
};

type Named = Pick<Declared, 'name' | 'tree'>;

const declaredBy = (item: ModuleItem | Declaration): Named[] => {
  switch (item.type) {
    case 'ExportDeclaration':
      return declaredBy(item.declaration);
    case 'FunctionDeclaration':
      return [{ name: item.identifier.value, tree: item }];
    case 'ClassDeclaration':
      return withMembers(item.identifier.value, item, item.body);
    case 'VariableDeclaration':
      return item.declarations.flatMap((one) =>
        one.id.type === 'Identifier'
          ? withMembers(one.id.value, one, one.init?.type === 'ObjectExpression' ? one.init.properties : [])
          : [],
      );
    default:
      return [];
  }
};

const withMembers = (name: string, tree: unknown, members: readonly unknown[]): Named[] => [
  { name, tree },
  ...members.flatMap((member) =>
    isTree(member) && isTree(member.key) && typeof member.key.value === 'string'
      ? [{ name: `${name}.${member.key.value}`, tree: member }]
      : [],
  ),
];

// ── Patterns ──

type Tree = Readonly<Record<string, unknown>>;

/** Bytes of the source: from `start` to before `end`. */
interface Span {
  readonly start: number;
  readonly end: number;
}

type Captures = Map<string, unknown>;

const VARIABLES = /\$(?:\$\$)?[A-Z][A-Z_]*/g;
const isVariable = (name: string): boolean => /^\$(\$\$)?[A-Z][A-Z_]*$/.test(name);

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSpan = (value: unknown): value is Span =>
  isTree(value) && typeof value.start === 'number' && typeof value.end === 'number';

const isStatements = (code: string): boolean => code === '' || code.endsWith(';');

/** Parses a pattern or a replacement, which may await, yield and return. */
const treesOf = (code: string): readonly unknown[] => {
  const body = isStatements(code) ? code : `return (${code});`;
  const [item] = parse(`async function* here() {\n${body}\n}`, `"${code}"`).body;
  const statements = item?.type === 'FunctionDeclaration' ? (item.body?.stmts ?? []) : [];
  if (isStatements(code)) return statements;
  return statements.flatMap((statement) =>
    statement.type === 'ReturnStatement' && statement.argument ? [bare(statement.argument)] : [],
  );
};

type Match = Omit<Place, 'source'>;

const matchesIn = (code: unknown, pattern: readonly unknown[]): Match[] => {
  const children = Array.isArray(code) ? code : isTree(code) ? Object.values(code) : [];
  return [
    ...runsAt(code, pattern.length).flatMap((run) => {
      const captures: Captures = new Map();
      return matchesAll(pattern, run, captures) ? [{ span: spanOf(run), captures }] : [];
    }),
    ...children.flatMap((child) => matchesIn(child, pattern)),
  ];
};

/** The candidates for a pattern: a node for one statement or expression, neighbours in a list for several. */
const runsAt = (code: unknown, length: number): readonly unknown[][] => {
  if (length === 1) return isTree(code) && bare(code) === code ? [[code]] : [];
  if (!Array.isArray(code)) return [];
  return code.map((_, start) => code.slice(start, start + length)).filter((run) => run.length === length);
};

const matchesAll = (patterns: readonly unknown[], codes: readonly unknown[], captures: Captures): boolean => {
  const isEach = (some: readonly unknown[]) =>
    some.every((pattern, place) => matches(pattern, codes[place], captures));
  const last = variableOf(patterns.at(-1));
  if (!last?.startsWith('$$$')) return patterns.length === codes.length && isEach(patterns);
  const first = patterns.slice(0, -1);
  return codes.length >= first.length && isEach(first) && capture(last, codes.slice(first.length), captures);
};

const matches = (pattern: unknown, code: unknown, captures: Captures): boolean => {
  const wanted = bare(pattern);
  const found = bare(code);
  if (isTree(wanted) && wanted.type === 'Identifier') {
    const name = variableOf(wanted);
    if (name !== undefined) return isTree(found) && capture(name, code, captures);
  }
  if (isSpan(wanted)) return isSpan(found);
  if (Array.isArray(wanted)) return Array.isArray(found) && matchesAll(wanted, found, captures);
  // The parser gives a declared name the type `null` and a used name none.
  if (!isTree(wanted)) return (wanted ?? null) === (found ?? null);
  return (
    isTree(found) &&
    Object.keys(wanted).every((key) => LAYOUT.has(key) || matches(wanted[key], found[key], captures))
  );
};

/** The notation of a literal, and the parser's own numbers. */
const LAYOUT: ReadonlySet<string> = new Set(['raw', 'ctxt']);

const capture = (name: string, code: unknown, captures: Captures): boolean => {
  if (captures.has(name)) return matches(captures.get(name), code, new Map());
  captures.set(name, code);
  return true;
};

/** The name of a `$NAME`, also of one that the parser wraps as an argument or element. */
const variableOf = (tree: unknown): string | undefined => {
  if (!isTree(tree)) return undefined;
  if (tree.type === undefined && tree.spread === null) return variableOf(tree.expression);
  const isName = tree.type === 'Identifier' && typeof tree.value === 'string' && isVariable(tree.value);
  return isName ? String(tree.value) : undefined;
};

const bare = (tree: unknown): unknown =>
  isTree(tree) && tree.type === 'ParenthesisExpression' ? bare(tree.expression) : tree;

const spansIn = (code: unknown): Span[] => {
  if (isSpan(code)) return [code];
  if (isTree(code)) return isSpan(code.span) ? [code.span] : Object.values(code).flatMap(spansIn);
  return Array.isArray(code) ? code.flatMap(spansIn) : [];
};

/** The parser counts bytes from 1. */
const spanOf = (code: unknown): Span => {
  const spans = spansIn(code);
  return {
    start: Math.min(...spans.map(({ start }) => start)) - 1,
    end: Math.max(...spans.map(({ end }) => end)) - 1,
  };
};

const textOf = ({ bytes }: Source, code: unknown): string => {
  if (Array.isArray(code) && code.length === 0) return '';
  const { start, end } = spanOf(code);
  const text = bytes.subarray(start, end).toString();
  // Parentheses, because the code around may bind more strongly.
  return isTree(code) && String(code.type).endsWith('Expression') ? `(${text})` : text;
};

/** The names that a piece of code refers to, without properties and keys. */
const namesIn = (code: unknown): string[] => {
  if (Array.isArray(code)) return code.flatMap(namesIn);
  if (!isTree(code)) return [];
  if (code.type === 'Identifier') return [String(code.value)];
  return Object.entries(code).flatMap(([key, child]) =>
    (key === 'property' || key === 'key') && isTree(child) && child.type === 'Identifier'
      ? []
      : namesIn(child),
  );
};
