import * as z from 'zod';
import { FieldProblem } from '../request/field-problem.ts';

/** An error of a request, in the shape of RFC 9457. `type` is `about:blank`: `title` is the name that programs may rely on. */
export const Problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().describe('A name that stays, such as `INVALID_PARAMETERS`.'),
    status: z.int(),
    detail: z.string().describe('What is wrong and what to do, in a sentence.'),
    errors: z.array(FieldProblem).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

/** The body of API Gateway's own answers, when a request does not reach the function or the function does not answer. */
export const GatewayMessage = z.object({ message: z.string() }).meta({
  id: 'GatewayMessage',
  description: 'An answer of API Gateway itself.',
  examples: [{ message: 'Forbidden' }],
});

/** What each status means, on every route. */
export const problemMeanings: Readonly<Record<number, string>> = {
  400: 'The request is invalid; `errors` names the fields.',
  401: 'The request has no token or key, or an invalid one.',
  403: 'The caller may not do this, or is unknown: no signature, or a revoked key.',
  404: 'It does not exist, or belongs to another owner.',
  409: 'Its state does not allow this; `detail` says what is possible.',
  413: 'The body or the file to upload is too large.',
  415: 'The body is not JSON by its Content-Type.',
  422: 'The Idempotency-Key was used for another request.',
  429: 'Too many requests of all callers together, or too many writes for the table now. Send the request again later; a job request with the same Idempotency-Key.',
  500: 'An error of Startframe. With the same Idempotency-Key the request can be sent again safely.',
  503: 'No function is free, or it did not answer in time. Send the request again later; a job request with the same Idempotency-Key.',
};
