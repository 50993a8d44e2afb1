import * as z from 'zod';
import { openApiDocument } from '../../../../core/api/openapi.ts';
import { routeKeyOf } from '../../../../core/api/route.ts';
import { operationIds, routes } from '../../../../core/api/routes.ts';
import type { ApiAuth } from '../../../../core/api/settings.ts';

const kinds: ApiAuth[] = [
  { type: 'iam' },
  { type: 'jwt', issuer: 'https://issuer.example/', audience: ['startframe'], ownerClaim: 'sub' },
  { type: 'api-key', header: 'authorization' },
  { type: 'api-key', header: 'x-api-key' },
  { type: 'none' },
];
const named = kinds.map((auth): [string, ApiAuth] => [
  'header' in auth ? `${auth.type} in ${auth.header}` : auth.type,
  auth,
]);

const Operation = z.looseObject({
  operationId: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  responses: z.record(z.string(), z.looseObject({ content: z.record(z.string(), z.unknown()).optional() })),
});
const Document = z.looseObject({
  openapi: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.looseObject({})),
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.string(), scheme: z.string().optional() })),
  }),
});
const documentOf = (auth: ApiAuth) => Document.parse(openApiDocument(auth));

describe.each(named)('the document of a stage with %s', (_, auth) => {
  // Redocly's linter checks the rest: tools/second-opinions.
  it('is OpenAPI 3.1', () => {
    expect(documentOf(auth).openapi).toMatch(/^3\.1\./);
  });

  it('has every route, gated as it is said', () => {
    const { paths, security } = documentOf(auth);
    const told = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, security: own = security }]) => ({
        route: `${method.toUpperCase()} ${path}`,
        operationId,
        isGated: own.length > 0,
      })),
    );
    expect(told).toHaveLength(operationIds.length);
    for (const id of operationIds)
      expect(told).toContainEqual({
        route: routeKeyOf(routes[id]),
        operationId: id,
        isGated: typeof routes[id].access !== 'object' && auth.type !== 'none',
      });
  });
});

it('tells what the gate of the stage wants and answers', () => {
  const [iam, jwt, bearer, header, none] = kinds.map(documentOf);
  expect(iam?.components.securitySchemes).toMatchObject({ iam: { type: 'apiKey' } });
  expect(jwt?.components.securitySchemes.token).toMatchObject({ scheme: 'bearer', bearerFormat: 'JWT' });
  expect(JSON.stringify(jwt)).toContain('https://issuer.example/ for startframe');
  expect(bearer?.components.securitySchemes.apiKey).toMatchObject({ type: 'http', scheme: 'bearer' });
  expect(header?.components.securitySchemes.apiKey).toMatchObject({ type: 'apiKey', name: 'x-api-key' });
  expect(none).toMatchObject({ security: [], components: { securitySchemes: {} } });
  const statuses = (document: z.infer<typeof Document> | undefined) =>
    Object.keys(document?.paths['/jobs/{id}']?.get?.responses ?? {});
  expect(statuses(iam)).toEqual(['200', '400', '403', '404', '429', '500', '503']);
  expect(statuses(bearer)).toContain('401');
  expect(statuses(none)).not.toContain('403');
});

it('says of each refusal whether the function or API Gateway answers it', () => {
  const { responses } = documentOf({ type: 'api-key', header: 'authorization' }).paths['/jobs']?.post ?? {};
  const types = (status: number) => Object.keys(responses?.[status]?.content ?? {});
  expect(types(401)).toEqual(['application/json']);
  expect(types(403)).toEqual(['application/problem+json', 'application/json']);
  expect(types(413)).toEqual(['application/problem+json', 'application/json']);
  expect(types(415)).toEqual(['application/problem+json']);
  expect(types(422)).toEqual(['application/problem+json']);
  expect(responses?.[429]).toMatchObject({ headers: { 'Retry-After': {} } });
});
