import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod';
import { NoBody, type Route } from '../../core/api/route.ts';
import { fieldProblems } from '../../core/request/field-problem.ts';
import { jsonProblemOf } from '../../core/request/json-limits.ts';
import { ApiProblem } from '../shared/platform/problem-response.ts';

/** @throws ApiProblem with every field that does not meet the schema */
export const parsed = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(fieldProblems(result.error, 'body'));
};

/** @param problems one sentence and one field for each problem */
export const invalid = (problems: readonly { field: string; message: string }[]): ApiProblem =>
  new ApiProblem(
    400,
    'INVALID_PARAMETERS',
    problems.map(({ message }) => message).join(' '),
    problems.map(({ field, message }) => ({ field, message })),
  );

/** The body as JSON. A route without a body ignores what comes. */
export const bodyOf = (
  route: Route,
  { body = '', isBase64Encoded, headers }: APIGatewayProxyEventV2,
): unknown => {
  if (route.body === NoBody) return undefined;
  if (body === '' && route.isBodyOptional) return {};
  checkType(headers['content-type']);
  checkEncoding(headers['content-encoding']);
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > route.maxBodyBytes)
    throw new ApiProblem(
      413,
      'BODY_TOO_LARGE',
      `The body is too large: it may have at most ${route.maxBodyBytes} bytes.`,
    );
  const value = parseJson(bytes);
  const jsonProblem = jsonProblemOf(value);
  if (jsonProblem)
    throw invalid([{ ...jsonProblem, message: `${jsonProblem.field}: ${jsonProblem.message}.` }]);
  return value;
};

const JSON_TYPE = /^application\/([\w.+-]+\+)?json\s*(;|$)/i;

/** A body without a content type counts as JSON. */
const checkType = (type: string | undefined): void => {
  if (type === undefined || type === '') return;
  if (!JSON_TYPE.test(type)) throw unsupported(`The body is ${shown(type)}; send application/json.`);
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type) ?? [];
  if (!/^(utf-?8|us-ascii)$/i.test(charset))
    throw unsupported(`The body is in ${shown(charset)}; JSON is UTF-8.`);
};

const checkEncoding = (encoding: string | undefined): void => {
  if (encoding !== undefined && !/^(identity)?$/i.test(encoding))
    throw unsupported(`The body is encoded as ${shown(encoding)}; send it as it is.`);
};

const unsupported = (detail: string): ApiProblem => new ApiProblem(415, 'UNSUPPORTED_MEDIA_TYPE', detail);
const shown = (text: string): string => text.slice(0, 100);

const parseJson = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const what = cause instanceof SyntaxError ? 'JSON' : 'UTF-8';
    throw Object.assign(new ApiProblem(400, 'INVALID_JSON', `The body is not ${what}.`), { cause });
  }
};
