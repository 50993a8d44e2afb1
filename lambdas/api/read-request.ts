import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod';
import { NoBody, type Route } from '../../core/api/route.ts';
import { ApiProblem } from '../shared/api-answer.ts';

/** @throws ApiProblem with every field that does not meet the schema */
export const parsed = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(
    result.error.issues.map(({ path, message }) => ({
      field: path.join('.') || 'body',
      message: `${path.join('.') || 'body'}: ${message}.`,
    })),
  );
};

/** @param problems one sentence and one field for each thing that is wrong */
export const invalid = (problems: readonly { field: string; message: string }[]): ApiProblem =>
  new ApiProblem(
    400,
    'INVALID_PARAMETERS',
    problems.map(({ message }) => message).join(' '),
    problems.map(({ field, message }) => ({ field, message })),
  );

/** The body as JSON; whatever comes to a route that has none is not looked at. */
export const bodyOf = (
  route: Route,
  { body = '', isBase64Encoded, headers }: APIGatewayProxyEventV2,
): unknown => {
  if (route.body === NoBody) return undefined;
  if (body === '' && route.isBodyOptional) return {};
  const type = headers['content-type'];
  if (type !== undefined && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type))
    throw new ApiProblem(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      `The body is ${type.slice(0, 100)}; send application/json.`,
    );
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > route.maxBodyBytes)
    throw new ApiProblem(413, 'BODY_TOO_LARGE', `The body may have ${route.maxBodyBytes} bytes.`);
  return parseJson(bytes.toString());
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw Object.assign(new ApiProblem(400, 'INVALID_JSON', 'The body is not JSON.'), { cause });
  }
};
