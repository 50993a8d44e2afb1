import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import * as z from 'zod';
import { ListedJob, projections } from '../../../core/jobs/list-index.ts';
import { stage, templateOf } from '../../support/synth.ts';

// Adding and removing an index, and what cannot be changed of one: DynamoDB, "Managing Global Secondary Indexes in DynamoDB", and
// CloudFormation, "AWS::DynamoDB::GlobalTable".
const RULE =
  'DynamoDB cannot change the keys or the projection of an index, and CloudFormation adds or removes one index a deployment. ' +
  'Give the index its old form. Add another one with a new name, pin it here, read from it in a later deployment, and remove the ' +
  'old one in the deployment after that. Say so in CHANGELOG.md (docs/guides/deploying.md, "A new index").';

const listed =
  'jobId owner status provider model createdAt submittedAt finishedAt overdue attention priceMicros costMicros source video videoCount failure';

/** Index → its keys, and what it holds beside them. As deployed: never edit a line. */
const PINNED: Readonly<Record<string, string>> = {
  due: 'due, dueAt: KEYS_ONLY',
  byOwner: `byOwner, byTime: ${listed}`,
  byOwnerStatus: `byOwnerStatus, byTime: ${listed}`,
  byFolder: `byFolder, byTime: ${listed}`,
  attention: `byAttention, attentionTime: ${listed}`,
  attentionByOwner: `byOwner, attentionTime: ${listed}`,
  byBatch: 'byBatch, batchLine: status',
};

const Table = z.object({
  Type: z.literal('AWS::DynamoDB::GlobalTable'),
  Properties: z.object({
    GlobalSecondaryIndexes: z.array(
      z.object({
        IndexName: z.string(),
        KeySchema: z.array(z.object({ AttributeName: z.string() })),
        Projection: z.object({
          ProjectionType: z.string(),
          NonKeyAttributes: z.array(z.string()).optional(),
        }),
      }),
    ),
  }),
});
const Resources = z.object({ Resources: z.record(z.string(), z.unknown()) });

/** The indexes of a template in the words of `PINNED`. */
const indexesOf = (template: unknown): Record<string, string> => {
  const tables = Object.values(Resources.parse(template).Resources).flatMap((resource) => {
    const table = Table.safeParse(resource);
    return table.success ? [table.data] : [];
  });
  expect(tables).toHaveLength(1);
  return Object.fromEntries(
    tables.flatMap(({ Properties }) =>
      Properties.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => [
        IndexName,
        `${KeySchema.map(({ AttributeName }) => AttributeName).join(', ')}: ${Projection.NonKeyAttributes?.join(' ') ?? Projection.ProjectionType}`,
      ]),
    ),
  );
};

/** What DynamoDB or CloudFormation would refuse of an update, a line each. */
const refusals = (before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) => {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => before[name] && after[name] && before[name] !== after[name]);
  const moved = names.filter((name) => (before[name] === undefined) !== (after[name] === undefined));
  return [
    ...changed.map((name) => `${name} was "${before[name]}" and is "${after[name]}". ${RULE}`),
    ...(moved.length > 1 ? [`${moved.join(' and ')} come or go at once. ${RULE}`] : []),
  ];
};

const now = indexesOf(templateOf(stage('dev')).toJSON());

test('each index is as it is pinned', () => {
  expect(refusals(PINNED, now)).toEqual([]);
  // A new one has to be pinned, a removed one to go from here.
  expect(Object.keys(now).sort()).toEqual(Object.keys(PINNED).sort());
});

test('a list shows nothing that the indexes do not hold', () => {
  const missing = Object.entries(projections).flatMap(([index, attributes]) =>
    Object.keys(ListedJob.shape)
      .filter((name) => !attributes.some((attribute) => attribute === name))
      .map((name) => `ListedJob has ${name}, and ${index} does not. ${RULE}`),
  );
  expect(missing).toEqual([]);
});

const releases = join(__dirname, '../../fixtures/releases');
const Release = z.object({ files: z.record(z.string(), z.string()) });
const lastRelease = readdirSync(releases)
  .filter((file) => file.endsWith('.json.br'))
  .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
  .at(-1);

test('the last release can be upgraded in one deployment, as far as indexes go', () => {
  const text = brotliDecompressSync(readFileSync(join(releases, lastRelease ?? ''))).toString();
  const { files } = Release.parse(JSON.parse(text));
  const template = Object.entries(files).find(([path]) => /^dev\/.*template\.json$/.test(path))?.[1];
  expect(refusals(indexesOf(JSON.parse(template ?? '{}')), now)).toEqual([]);
});

test('a change in place, and two indexes at once, are told', () => {
  expect(refusals({ a: 'x, y: KEYS_ONLY' }, { a: 'x, y: status' })).toEqual([
    expect.stringMatching(/^a was .* DynamoDB cannot change/),
  ]);
  expect(refusals({}, { a: 'x', b: 'y' })).toEqual([expect.stringMatching(/^a and b come or go at once/)]);
  expect(refusals({ a: 'x' }, { a: 'x', b: 'y' })).toEqual([]);
});
