import { randomUUID } from 'node:crypto';
import { ApiProblem } from '../shared/platform/problem-response.ts';

/** The id of what a request makes: the same for the same owner and Idempotency-Key, else a new one. */
export const idOfRequest = (
  owner: string,
  key: string | undefined,
  keyedId: (owner: string, key: string) => string,
): string => (key === undefined ? randomUUID().replaceAll('-', '') : keyedId(owner, key));

/** @throws ApiProblem when another request made the existing thing under the same key */
export const mustBeSameRequest = (made: { readonly requestHash: string }, hash: string): void => {
  if (made.requestHash !== hash)
    throw new ApiProblem(422, 'IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another request.');
};
