import * as z from 'zod';
import { securityOf, securitySchemesOf } from './openapi-security.ts';
import { GatewayMessage, Problem, problemMeanings } from './problem.ts';
import { type Refusal, refusalsOf } from './refusals.ts';
import { NoBody, type Route, type RouteAnswer } from './route.ts';
import { type OperationId, operationIds, routes } from './routes.ts';
import type { ApiAuth } from './settings.ts';

type Json = Record<string, unknown>;

/** Where schemas with an `id` in their metadata go, each once; the others stand where they are used. */
const COMPONENTS = '#/components/schemas/';

/** The OpenAPI 3.1 document of a stage's API, made of the schemas that check its requests. */
export const openApiDocument = (auth: ApiAuth = { type: 'iam' }): Json => {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const id of operationIds) {
    const { path, method } = routes[id];
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(id, routes[id], auth, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Startframe',
      version: '1',
      summary: 'Start frames in, videos out: submitted once, paid for once.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    // Relative to the document's own address: right behind any domain, and in the local cloud.
    servers: [{ url: '.' }],
    ...securityOf(auth),
    paths,
    components: { schemas, securitySchemes: securitySchemesOf(auth) },
  };
};

const operationOf = (id: OperationId, route: Route, auth: ApiAuth, schemas: Json): Json => ({
  operationId: id,
  tags: [route.tag],
  summary: route.summary,
  ...(route.description === undefined ? {} : { description: route.description }),
  ...(typeof route.access === 'object' ? { security: [] } : {}),
  parameters: [
    ...parametersOf('path', route.params),
    ...parametersOf('query', route.query),
    ...parametersOf('header', route.headers),
  ],
  ...(route.body === NoBody
    ? {}
    : {
        requestBody: {
          required: route.isBodyOptional !== true,
          content: { 'application/json': { schema: schemaOf(route.body, 'input', schemas) } },
        },
      }),
  responses: {
    ...Object.fromEntries(
      Object.entries(route.answers).map(([status, answer]) => [status, responseOf(answer, schemas)]),
    ),
    ...Object.fromEntries(
      refusalsOf(route, auth).map((refusal) => [refusal.status, refusalOf(refusal, schemas)]),
    ),
  },
});

/** Path, query or header parameters from the fields of an object schema. */
const parametersOf = (place: 'path' | 'query' | 'header', schema: z.ZodType): Json[] => {
  const { properties = {}, required = [] } = Fields.parse(jsonSchema(schema, 'input'));
  return Object.entries(properties).map(([name, { description, ...field }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: field,
  }));
};

const Fields = z.object({
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).optional(),
  required: z.array(z.string()).optional(),
});

const responseOf = ({ description, body, headers }: RouteAnswer, schemas: Json): Json => ({
  description,
  ...(headers === undefined
    ? {}
    : {
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, says]) => [
            name,
            { description: says, schema: { type: 'string' } },
          ]),
        ),
      }),
  ...(body === undefined
    ? {}
    : { content: { 'application/json': { schema: schemaOf(body, 'output', schemas) } } }),
});

const refusalOf = ({ status, by }: Refusal, schemas: Json): Json => ({
  description: problemMeanings[status] ?? 'Something is wrong.',
  ...(status === 429 ? { headers: { 'Retry-After': RETRY_AFTER } } : {}),
  content: {
    ...(by.includes('us')
      ? { 'application/problem+json': { schema: schemaOf(Problem, 'output', schemas) } }
      : {}),
    ...(by.includes('gateway')
      ? { 'application/json': { schema: schemaOf(GatewayMessage, 'output', schemas) } }
      : {}),
  },
});

const RETRY_AFTER = {
  description:
    'Seconds after which the same request may work; without it: a second, then twice as long each time.',
  schema: { type: 'integer', minimum: 0 },
};

/** A reference to a component, or the schema itself where it has no name; whatever it needs goes to the components. */
const schemaOf = (schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json => {
  const { $schema: _, $defs = {}, ...root } = Defined.parse(jsonSchema(schema, io));
  for (const [id, { id: __, ...definition }] of Object.entries($defs)) schemas[id] = referred(definition);
  return Defined.parse(referred(root));
};

const Defined = z.looseObject({ $defs: z.record(z.string(), z.looseObject({})).optional() });

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): unknown =>
  z.toJSONSchema(schema, {
    io,
    // The pattern of a time is 300 characters that say no more than its format.
    override: ({ jsonSchema: json }) => {
      if (json.format === 'date-time') delete json.pattern;
    },
  });

/** References to definitions, as references to components. */
const referred = (schema: unknown): unknown =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"${COMPONENTS}`));
