import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as z from 'zod';
import { openApiDocument } from '../../core/api/openapi.ts';
import type { ApiAuth } from '../../core/api/settings.ts';

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

const Document = z.looseObject({
  openapi: z.string(),
  components: z.looseObject({ schemas: z.record(z.string(), z.looseObject({})) }),
});
const documentOf = (auth: ApiAuth) => Document.parse(openApiDocument(auth));

/** What Redocly's linter says of a document. */
const problemsOf = (document: unknown): string[] => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(__dirname, 'lint-openapi.ts')], {
    input: JSON.stringify(document),
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return z.array(z.string()).parse(JSON.parse(stdout));
};

it.each(named)(
  'the document of a stage with %s is valid OpenAPI 3.1: operations with ids of their own, every schema used, every example right',
  (_, auth) => {
    const document = documentOf(auth);
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(problemsOf(document)).toEqual([]);
  },
);

it('a document that is wrong is found out', () => {
  const document = documentOf({ type: 'iam' });
  document.components.schemas.Unused = { type: 'object' };
  document.components.schemas.GatewayMessage = {
    ...document.components.schemas.GatewayMessage,
    examples: [{ message: 5 }],
  };
  const problems = problemsOf(document).join('\n');
  expect(problems).toContain('no-unused-components');
  expect(problems).toContain('no-invalid-schema-examples');
});
