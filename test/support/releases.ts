import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import * as z from 'zod';

// What earlier releases deployed and wrote: test/fixtures/releases/README.md.

const folder = join(__dirname, '../fixtures/releases');

/** Every release that has a fixture, oldest first. */
export const releases: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json.br'))
  .map((name) => name.slice(0, -'.json.br'.length))
  .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));

const Deployed = z.object({ release: z.string(), files: z.record(z.string(), z.string()) });

/** The files of a release: `<stage>/<path>` → text. */
export const readRelease = (release: string): Readonly<Record<string, string>> =>
  Deployed.parse(
    JSON.parse(brotliDecompressSync(readFileSync(join(folder, `${release}.json.br`))).toString()),
  ).files;

const ReleasedTemplate = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});
export type ReleasedTemplate = z.infer<typeof ReleasedTemplate>;

/** The template of a release for a stage. */
export const readReleasedTemplate = (release: string, stage: string): ReleasedTemplate =>
  ReleasedTemplate.parse(
    JSON.parse(readRelease(release)[`${stage}/startframe-${stage}.template.json`] ?? ''),
  );

/** The template of today, in the same form. */
export const asReleasedTemplate = (template: unknown): ReleasedTemplate => ReleasedTemplate.parse(template);

const Items = z.object({ release: z.string(), schemas: z.record(z.string(), z.array(z.string())) });

/** What a release wrote into items, messages and executions: schema → paths, as `pathsOf` makes them. */
export const readReleasedSchemas = (release: string): Readonly<Record<string, readonly string[]>> =>
  Items.parse(JSON.parse(readFileSync(join(folder, `${release}.items.json`), 'utf8'))).schemas;

const Schema = z.looseObject({
  get anyOf() {
    return z.array(Schema).default([]);
  },
  get items() {
    return z.union([Schema, z.boolean()]).optional();
  },
  get properties() {
    return z.record(z.string(), z.union([Schema, z.boolean()])).default({});
  },
  enum: z.array(z.unknown()).default([]),
  const: z.unknown().optional(),
  required: z.array(z.string()).default([]),
});
type Schema = z.infer<typeof Schema>;

const INPUT = { io: 'input', unrepresentable: 'any' } as const;

/** Every name that a schema reads (`task.id`), each word of a fixed list (`status=running`), and what it requires (`task.id!`). */
export const pathsOf = (schema: z.ZodType): string[] => {
  // Without the registry of names, so that nothing is a reference.
  const json = z.toJSONSchema(schema, { ...INPUT, reused: 'inline', metadata: z.registry() });
  return [...new Set(pathsBelow(Schema.parse(json), ''))].sort();
};

const pathsBelow = (schema: Schema | boolean | undefined, at: string): string[] => {
  if (typeof schema !== 'object') return [];
  const nameOf = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const words = schema.const === undefined ? schema.enum : [schema.const];
  return [
    ...schema.anyOf.flatMap((one) => pathsBelow(one, at)),
    ...words.map((word) => `${at}=${word}`),
    ...Object.entries(schema.properties).flatMap(([name, property]) => [
      nameOf(name),
      ...pathsBelow(property, nameOf(name)),
    ]),
    ...schema.required.map((name) => `${nameOf(name)}!`),
    ...pathsBelow(schema.items, `${at}[]`),
  ];
};
