import fc from 'fast-check';
import * as z from 'zod';

const Schema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    $defs: z.record(z.string(), Schema).optional(),
    type: z.string().optional(),
    const: z.json().optional(),
    enum: z.array(z.json()).optional(),
    anyOf: z.array(Schema).optional(),
    items: Schema.optional(),
    properties: z.record(z.string(), Schema).optional(),
  }),
);
interface JsonSchema {
  readonly $ref?: string | undefined;
  readonly $defs?: Record<string, JsonSchema> | undefined;
  readonly type?: string | undefined;
  readonly const?: z.core.util.JSONType | undefined;
  readonly enum?: z.core.util.JSONType[] | undefined;
  readonly anyOf?: JsonSchema[] | undefined;
  readonly items?: JsonSchema | undefined;
  readonly properties?: Record<string, JsonSchema> | undefined;
}

/** What trips somebody up: names that every object has, half characters, numbers that DynamoDB cannot hold. */
const nasty = fc.constantFrom<unknown>(
  '',
  ' ',
  '\0',
  '\ud800',
  '😀',
  '__proto__',
  'constructor',
  '../..',
  '%00',
  's3:///',
  's3://a/b',
  'job:',
  '\r\nx: y',
  'x'.repeat(3000),
  -1,
  0,
  1e-300,
  1e300,
  Number.MAX_SAFE_INTEGER,
  null,
  [],
  {},
  [[[]]],
  { constructor: 1 },
);

/** Values that mostly have the shape of the schema, and sometimes anything else. */
export const valuesOf = (schema: z.ZodType): fc.Arbitrary<unknown> => {
  const root = Schema.parse(z.toJSONSchema(schema, { io: 'input' }));
  return shaped(root, root.$defs ?? {});
};

const shaped = (schema: JsonSchema, defs: Record<string, JsonSchema>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 8, arbitrary: right(schema, defs) },
    { weight: 2, arbitrary: nasty },
    { weight: 1, arbitrary: fc.jsonValue() },
  );

const right = (schema: JsonSchema, defs: Record<string, JsonSchema>): fc.Arbitrary<unknown> => {
  const named = schema.$ref === undefined ? undefined : defs[schema.$ref.replace('#/$defs/', '')];
  if (named) return right(named, defs);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((each) => right(each, defs)));
  switch (schema.type) {
    case 'object':
      return objects(schema.properties, defs);
    case 'array':
      return fc.array(shaped(schema.items ?? {}, defs), { maxLength: 4 });
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.oneof(fc.constantFrom(4, 6, 8), fc.integer(), fc.double());
    default:
      return fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('9:16', '720p', 'https://example.com/a'),
      );
  }
};

const objects = (
  properties: JsonSchema['properties'],
  defs: Record<string, JsonSchema>,
): fc.Arbitrary<unknown> =>
  properties === undefined
    ? fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double(), nasty), { maxKeys: 4 })
    : fc.record(
        Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, shaped(each, defs)])),
        { requiredKeys: [] },
      );
