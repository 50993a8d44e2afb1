import * as z from 'zod';

/** What zod makes of a schema; a document that uses more of JSON Schema is refused, rather than typed wrongly. */
const Schema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).optional(),
  required: z.array(z.string()).default([]),
  additionalProperties: z.unknown().optional(),
});
type Schema = z.infer<typeof Schema>;

/** The TypeScript of a JSON Schema: `string | undefined`, `Job`, `{ id: string }`. */
export const typescriptOf = (json: unknown): string => {
  const schema = Schema.parse(json);
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return union(choices.map(typescriptOf));
  if (schema.allOf) return schema.allOf.map(typescriptOf).join(' & ');
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typescriptOf({ ...schema, type })));
  return ofType(schema);
};

const ofType = (schema: Schema): string => {
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return `Array<${typescriptOf(schema.items ?? {})}>`;
    case 'object':
      return ofObject(schema);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`A schema of the type ${schema.type} has no TypeScript yet.`);
  }
};

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ');

const ofObject = ({ properties, required, additionalProperties }: Schema): string => {
  if (properties === undefined)
    return `Record<string, ${typeof additionalProperties === 'object' ? typescriptOf(additionalProperties) : 'unknown'}>`;
  const fields = Object.entries(properties).map(([name, field]) =>
    [
      comment(field.description),
      // What JSON leaves out, and what a caller sets to undefined, is the same.
      required.includes(name)
        ? `${nameOf(name)}: ${typescriptOf(field)};`
        : `${nameOf(name)}?: ${typescriptOf(field)} | undefined;`,
    ].join(''),
  );
  return `{\n${fields.join('\n')}\n}`;
};

const nameOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

/** A doc comment on a line of its own; nothing for nothing. */
export const comment = (text: string | undefined): string =>
  text === undefined ? '' : `/** ${text.replaceAll('*/', '*\u200b/').replaceAll(/\s+/g, ' ')} */\n`;
