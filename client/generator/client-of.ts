import * as z from 'zod';
import { comment, typescriptOf } from './typescript-of.ts';

const Content = z.record(z.string(), z.object({ schema: z.unknown() }));
const Parameter = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  description: z.string().optional(),
  schema: z.record(z.string(), z.unknown()),
});
type Parameter = z.infer<typeof Parameter>;

const Operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  description: z.string().optional(),
  parameters: z.array(Parameter).default([]),
  requestBody: z.object({ required: z.boolean(), content: Content }).optional(),
  responses: z.record(z.string(), z.object({ content: Content.optional() })),
});
type Operation = z.infer<typeof Operation>;

const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({
    schemas: z.record(z.string(), z.looseObject({ description: z.string().optional() })),
  }),
});

/** The module of a client: a type for each schema of the document, and a method for each of its operations. */
export const clientOf = (openApi: unknown): string => {
  const { paths, components } = Document.parse(openApi);
  const types = Object.entries(components.schemas)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, schema]) => `${comment(schema.description)}export type ${name} = ${typescriptOf(schema)};`);
  const methods = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => methodOf(method.toUpperCase(), path, operation)),
  );
  return `// Made by \`npm run client\` from the OpenAPI document (core/api/openapi.ts); edit that.
import type { CallOptions, KeyedCallOptions, Send } from './call.ts';

${types.join('\n\n')}

/** Every operation of the API, by its id. */
export const operationsOf = (send: Send) => ({
${methods.join('\n')}
});

export type Operations = ReturnType<typeof operationsOf>;
`;
};

/** \`showJob: (id: string, options?: CallOptions) => send<Job>(…)\`: path, body, query, options, in this order. */
const methodOf = (method: string, path: string, operation: Operation): string => {
  const at = (place: Parameter['in']) => operation.parameters.filter((parameter) => parameter.in === place);
  const takes: string[] = at('path').map(({ name, schema }) => `${name}: ${typescriptOf(schema)}`);
  const parts: string[] = [];
  if (at('path').length > 0) parts.push(`path: { ${at('path').map(({ name }) => name)} }`);
  const { requestBody } = operation;
  if (requestBody) {
    const type = typescriptOf(requestBody.content['application/json']?.schema);
    takes.push(requestBody.required ? `body: ${type}` : `body: ${type} = {}`);
    parts.push('body');
  }
  if (at('query').length > 0) {
    const isNeeded = at('query').some(({ required }) => required);
    takes.push(`query: ${fieldsOf(at('query'))}${isNeeded ? '' : ' = {}'}`);
    parts.push('query');
  }
  const isKeyed = at('header').some(({ name }) => name === 'idempotency-key');
  takes.push(`options: ${isKeyed ? 'KeyedCallOptions' : 'CallOptions'} = {}`);
  if (isKeyed) parts.push('isKeyed: true');
  const request = [`method: '${method}'`, `pattern: '${path}'`, ...parts, 'options'].join(', ');
  return `${comment(sentencesOf(operation))}${operation.operationId}: (${takes.join(', ')}) => send<${answerOf(operation)}>({ ${request} }),`;
};

const sentencesOf = ({ summary, description }: Operation): string =>
  [`${summary}.`, description].filter(Boolean).join(' ');

const fieldsOf = (parameters: readonly Parameter[]): string =>
  typescriptOf({
    type: 'object',
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
    properties: Object.fromEntries(
      parameters.map(({ name, description, schema }) => [
        name,
        { ...schema, ...(description === undefined ? {} : { description }) },
      ]),
    ),
  });

/** What comes when it worked: what any of the 2xx answers holds. */
const answerOf = ({ responses }: Operation): string => {
  const bodies = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => {
      const json = content?.['application/json'];
      return json === undefined ? 'null' : typescriptOf(json.schema);
    });
  return [...new Set(bodies)].join(' | ') || 'null';
};
