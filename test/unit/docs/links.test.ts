import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import * as z from 'zod';

// The pages are read as a person reads them: every link, command and path in them has to lead somewhere.

const repository = join(__dirname, '../../..');
const read = (file: string): string => readFileSync(join(repository, file), 'utf8');

const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: repository,
  encoding: 'utf8',
}).split('\n');
const pages = tracked.filter(
  (file) =>
    file.endsWith('.md') && /^(docs\/|\.github\/|[^/]+$)/.test(file) && existsSync(join(repository, file)),
);
const scripts = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(read('package.json')));

const withoutCode = (text: string): string =>
  text
    .replaceAll(/^ *```[\s\S]*?^ *```/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));

/** The anchors that a forge makes of headings: lower case, no punctuation, spaces as hyphens, a number for the second of a name. */
const anchorsOf = (text: string): ReadonlySet<string> => {
  const seen = new Map<string, number>();
  const headings = text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) => {
      const anchor = heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-');
      const count = seen.get(anchor) ?? 0;
      seen.set(anchor, count + 1);
      return count === 0 ? anchor : `${anchor}-${count}`;
    }),
  );
};

/** Links of a page that lead nowhere. */
const brokenLinks = (page: string): string[] =>
  [...withoutCode(read(page)).matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z][a-z0-9+.-]*:/i.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)));
      if (!existsSync(join(repository, target))) return true;
      return anchor !== undefined && !(target.endsWith('.md') && anchorsOf(read(target)).has(anchor));
    });

/** `npm run NAME` of scripts that are not there. */
const unknownScripts = (page: string): string[] =>
  [...read(page).matchAll(/\bnpm run (?:--?[\w-]+ )*([\w:-]+)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !Object.hasOwn(scripts.scripts, name));

const roots = new Set(
  tracked
    .filter((file) => file.includes('/'))
    .map((file) => file.split('/')[0])
    .filter((root) => root !== '.github'),
);

/** Whether what stands in backticks means files here: `core/queue/failover.ts`, `stages/*.json`, `core/<room>/settings.ts`. */
const meansFiles = (words: string): boolean =>
  /^[\w.<>*@-]+(\/[\w.<>*@-]*)+$/.test(words) && roots.has(words.split('/')[0] ?? '');

const leadsToFile = (path: string): boolean => {
  if (!/[<*]/.test(path)) return existsSync(join(repository, path));
  const pattern = path
    .replaceAll('.', '\\.')
    .replaceAll(/<[^>]*>|\*/g, '[^/]+')
    .replace(/\/$/, '');
  return tracked.some((file) => new RegExp(`^${pattern}(/|$)`).test(file));
};

/** Paths of the repository, in backticks, that are not there. */
const missingPaths = (page: string): string[] =>
  [...read(page).matchAll(/`([^`\n]+)`/g)]
    .map(([, words = '']) => words)
    .filter((words) => meansFiles(words) && !leadsToFile(words));

/** What a page calls a file by its name alone, `job-workflow.test.ts`. */
const missingNames = (page: string): string[] =>
  [...read(page).matchAll(/`([\w-]+(?:\.[\w-]+)*\.(?:ts|sh|yml))`/g)]
    .map(([, name = '']) => name)
    .filter((name) => !tracked.some((file) => file === name || file.endsWith(`/${name}`)));

describe.each(pages)('%s', (page) => {
  it('links to pages and headings that are there', () => expect(brokenLinks(page)).toEqual([]));
  it('names npm scripts that are there', () => expect(unknownScripts(page)).toEqual([]));
  it('names files that are there', () => expect([...missingPaths(page), ...missingNames(page)]).toEqual([]));
});

it('finds the pages', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/runbook.md']));
  expect(pages.length).toBeGreaterThan(30);
});

it('sees what leads nowhere', () => {
  expect(meansFiles('core/queue/nothing.ts')).toBe(true);
  expect(leadsToFile('core/queue/nothing.ts')).toBe(false);
  expect(leadsToFile('core/<room>/settings.ts')).toBe(true);
  expect(meansFiles('videos/shoe.mp4')).toBe(false);
  expect([...anchorsOf('# A `b` c\n## Who may call?\n## Who may call?')]).toEqual([
    'a-b-c',
    'who-may-call',
    'who-may-call-1',
  ]);
});

test('the README is one page', () => {
  const lines = read('README.md').trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(150);
  expect(lines.filter((line) => [...line].length > 120)).toEqual([]);
});

test('the picture of the README is there', () => {
  expect(statSync(join(repository, 'docs/images/first-video.jpg')).size).toBeGreaterThan(1000);
});

/** Log lines and error names that the runbook quotes: `not swept`. A person searches a log for them. */
test('the runbook quotes log lines that are written', () => {
  const code = tracked
    .filter((file) => /^(core|lambdas|cli)\/.*\.ts$/.test(file) && existsSync(join(repository, file)))
    .map(read)
    .join('\n');
  const quoted = [...read('docs/runbook.md').matchAll(/`"?([a-z]+(?: [a-z]+)+)"?`/g)].map(
    ([, line = '']) => line,
  );
  expect(quoted.length).toBeGreaterThan(3);
  expect(quoted.filter((line) => !code.includes(line))).toEqual([]);
});

test('the index of decisions has each of them', () => {
  const index = read('docs/decisions/README.md');
  const decisions = pages.filter((page) => /^docs\/decisions\/\d/.test(page));
  const missing = decisions.filter((page) => !index.includes(`(${page.slice('docs/decisions/'.length)})`));
  expect(missing).toEqual([]);
});
