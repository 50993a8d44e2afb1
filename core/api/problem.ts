import * as z from 'zod';
import { FieldProblem } from '../request/field-problem.ts';

/** What a caller did wrong, as RFC 9457 says it. `type` is `about:blank`: `title` is the name that programs may rely on. */
export const Problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().describe('A name that stays, such as `INVALID_PARAMETERS`.'),
    status: z.int(),
    detail: z.string().describe('What is wrong and what to do, for a person.'),
    errors: z.array(FieldProblem).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

/** What API Gateway says itself, before a request reaches the function or when the function does not answer. */
export const GatewayMessage = z.object({ message: z.string() }).meta({
  id: 'GatewayMessage',
  description: 'The answer of API Gateway itself.',
  examples: [{ message: 'Forbidden' }],
});

/** What each status means wherever it is answered. */
export const problemMeanings: Readonly<Record<number, string>> = {
  400: 'Something of the request cannot be used; `errors` names the fields.',
  401: 'The request carries no token or key, or one that is not valid.',
  403: 'The caller may not do this, or is nobody we know: not signed, or by a key that was revoked.',
  404: 'There is no such thing, or it is somebody else’s.',
  409: 'The thing is in a state in which this cannot be done; `detail` says what can.',
  413: 'The body, or the file that is to be uploaded, is too large.',
  415: 'The body is not JSON by its Content-Type.',
  422: 'The Idempotency-Key was used for another request.',
  429: 'Too many requests: of all callers together, or more than the table takes just now. Send it again later, an order with the same Idempotency-Key.',
  500: 'Something went wrong here. With the same Idempotency-Key the request can be sent again safely.',
  503: 'No function is free, or it did not answer in time. Send it again later, an order with the same Idempotency-Key.',
};
