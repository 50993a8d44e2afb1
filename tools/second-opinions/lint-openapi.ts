import { text } from 'node:stream/consumers';
import { createConfig, lintFromString } from '@redocly/openapi-core';

// A program of its own: the linter ships ES modules only, and in Jest everything is CommonJS. Reads a document, and writes what
// Redocly's linter says of it as a JSON list. Its rules for examples check them against their schemas.

const config = await createConfig({
  rules: {
    struct: 'error',
    'no-unresolved-refs': 'error',
    'no-unused-components': 'error',
    'no-identical-paths': 'error',
    'no-ambiguous-paths': 'error',
    'no-enum-type-mismatch': 'error',
    'no-invalid-media-type-examples': 'error',
    'no-invalid-parameter-examples': 'error',
    'no-invalid-schema-examples': 'error',
    'no-required-schema-properties-undefined': 'error',
    'operation-2xx-response': 'error',
    'operation-4xx-response': 'error',
    'operation-operationId': 'error',
    'operation-operationId-unique': 'error',
    'operation-operationId-url-safe': 'error',
    'operation-parameters-unique': 'error',
    'operation-summary': 'error',
    'path-declaration-must-exist': 'error',
    'path-not-include-query': 'error',
    'path-parameters-defined': 'error',
    'security-defined': 'error',
  },
});
const problems = await lintFromString({
  source: await text(process.stdin),
  absoluteRef: 'openapi.json',
  config,
});
console.log(
  JSON.stringify(
    problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ''}`),
  ),
);
