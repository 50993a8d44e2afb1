import * as z from 'zod';

/** One field of a request, and what is wrong with it. */
export const FieldProblem = z.object({ field: z.string(), message: z.string() }).meta({ id: 'FieldProblem' });
export type FieldProblem = z.infer<typeof FieldProblem>;

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

/** What each status means wherever it is answered. */
export const problemMeanings: Readonly<Record<number, string>> = {
  400: 'Something of the request cannot be used; `errors` names the fields.',
  403: 'The caller may not do this.',
  404: 'There is no such thing, or it is somebody else’s.',
  409: 'The thing is in a state in which this cannot be done; `detail` says what can.',
  413: 'The body is too large.',
  415: 'The body is not JSON by its Content-Type.',
  422: 'The Idempotency-Key was used for another request.',
  429: 'Too many requests; `Retry-After` says when to come back.',
  500: 'Something went wrong here. With the same Idempotency-Key the request can be sent again safely.',
};
