import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientOf } from '../../../client/generator/client-of.ts';
import { typescriptOf } from '../../../client/generator/typescript-of.ts';
import { openApiDocument } from '../../../core/api/openapi.ts';

const repository = join(__dirname, '..', '..', '..');

test('the client is the one that npm run client makes of the document today', () => {
  const made = execFileSync('biome', ['format', '--stdin-file-path=client/api.ts'], {
    cwd: repository,
    env: { ...process.env, PATH: `${join(repository, 'node_modules', '.bin')}:${process.env.PATH}` },
    input: clientOf(openApiDocument()),
    encoding: 'utf8',
  });
  expect(readFileSync(join(repository, 'client', 'api.ts'), 'utf8')).toBe(made);
});

test.each([
  ['a text', { type: 'string' }, 'string'],
  ['a whole number', { type: 'integer' }, 'number'],
  ['either', { type: ['string', 'null'] }, 'string | null'],
  ['words', { enum: ['a', 'b', null] }, '"a" | "b" | null'],
  ['one word', { const: 'a' }, '"a"'],
  ['a component', { $ref: '#/components/schemas/Job' }, 'Job'],
  [
    'a list of choices',
    { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } },
    'Array<string | number>',
  ],
  ['a map', { type: 'object', additionalProperties: { type: 'boolean' } }, 'Record<string, boolean>'],
  ['anything', {}, 'unknown'],
  ['both', { allOf: [{ $ref: '#/x/A' }, { $ref: '#/x/B' }] }, 'A & B'],
])('%s', (_, schema, type) => expect(typescriptOf(schema)).toBe(type));

test('an object says what may be left out, names what is no name, and keeps what is described', () => {
  const schema = {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string', description: 'Its */ name.' }, 'x-y': { type: 'number' } },
  };
  expect(typescriptOf(schema)).toBe(
    '{\n/** Its *\u200b/ name. */\nid: string;\n"x-y"?: number | undefined;\n}',
  );
});

test('what JSON Schema has and we do not is refused, not typed wrongly', () => {
  expect(() => typescriptOf({ type: 'file' })).toThrow('file has no TypeScript yet');
});
