import * as z from 'zod';
import { resolve, type Template } from './arns.ts';

/** What AWS says of each service's actions (the Service Authorization Reference), as cfn-lint carries it. */
export const Reference = z.record(
  z.string(),
  z.looseObject({
    Actions: z.record(z.string(), z.looseObject({ Resources: z.array(z.string()).optional() })).default({}),
    Resources: z.record(z.string(), z.looseObject({ ARNFormats: z.array(z.string()) })).default({}),
  }),
);
export type Reference = z.infer<typeof Reference>;

const many = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([z.array(schema), schema.transform((one) => [one])]);
const Statement = z.looseObject({
  Effect: z.string(),
  Action: many(z.string()),
  /** The policy of a role says who may assume it: it is about itself. */
  Resource: many(z.unknown()).optional(),
});
const Document = z.looseObject({ Statement: many(Statement) });

export interface NamedStatement extends z.infer<typeof Statement> {
  readonly of: string;
}

/** Every statement of every policy in a template: of roles, buckets, queues and buses, and who may assume a role. */
export const statementsOf = (template: Template): NamedStatement[] =>
  Object.entries(template.Resources).flatMap(([id, { Properties }]) =>
    documentsIn(Properties).flatMap(({ Statement: statements }) =>
      statements.map((statement) => ({ ...statement, of: id })),
    ),
  );

const documentsIn = (value: unknown): z.infer<typeof Document>[] => {
  const document = Document.safeParse(value);
  if (document.success) return [document.data];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(documentsIn);
};

/** What is wrong with a statement, a sentence each. A "Deny" may name all actions of all resources. */
export const problemsOf = (statement: NamedStatement, template: Template, reference: Reference): string[] => {
  if (statement.Effect !== 'Allow') return [];
  const resources = statement.Resource?.map((resource) => resolve(resource, template));
  const taken = statement.Action.map((action) => ({ action, ...resourcesOf(action, reference) }));
  const unknown = taken
    .filter(({ isKnown }) => !isKnown)
    .map(({ action }) => `${action} is no action of AWS.`);
  if (!resources) return unknown.map((problem) => `${statement.of}: ${problem}`);
  const known = taken.filter(({ isKnown }) => isKnown);
  const actionsWithout = known
    .filter(({ takes }) => !resources.some(takes))
    .map(({ action }) => `${action} takes none of ${resources.join(', ')}.`);
  const resourcesWithout = resources
    .filter((resource) => known.length > 0 && !known.some(({ takes }) => takes(resource)))
    .map((resource) => `${resource} is taken by none of ${statement.Action.join(', ')}.`);
  return [...unknown, ...actionsWithout, ...resourcesWithout].map((problem) => `${statement.of}: ${problem}`);
};

/**
 * AWS knows no resource for it, and still names the stream in its own policy template (SAM, `DynamoDBStreamReadPolicy`); CDK does the
 * same. Lambda reads a stream that it is given and lists none.
 */
const NAMED_ANYWAY = /^dynamodb:ListStreams$/;

interface Takes {
  readonly isKnown: boolean;
  readonly takes: (resource: string) => boolean;
}

const resourcesOf = (action: string, reference: Reference): Takes => {
  const [service = '', name = ''] = action.split(':');
  const { Actions = {}, Resources = {} } = reference[service] ?? {};
  const found = Actions[name.toLowerCase()];
  if (found && NAMED_ANYWAY.test(action)) return { isKnown: true, takes: () => true };
  if (!found) return { isKnown: false, takes: () => false };
  // An action without resource types looks at "*" alone: with any other resource it is never allowed.
  if (!found.Resources?.length) return { isKnown: true, takes: (resource) => resource === '*' };
  const patterns = found.Resources.flatMap((type) =>
    (Resources[type.toLowerCase()]?.ARNFormats ?? []).map((format) => patternOf(service, type, format)),
  );
  return { isKnown: true, takes: (resource) => patterns.some((pattern) => pattern.test(resource)) };
};

/** `arn:${Partition}:s3:::.*`, where the format leaves open what an object has and a bucket has not. */
const patternOf = (service: string, type: string, format: string): RegExp => {
  const name =
    service === 's3' && type === 'object'
      ? '[^/]+/.+'
      : service === 's3' && type === 'bucket'
        ? '[^/]+'
        : '.*';
  return new RegExp(`^${format.replaceAll(/\$\{\w+\}/g, '[^:]*').replace(/\.\*$/, name)}$`);
};
