import middy from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { OperationId } from '../../core/api/routes.ts';
import { loggable, logger } from '../shared/platform/logger.ts';
import { ApiProblem, problemAnswer } from '../shared/platform/problem-response.ts';
import { JobDeleted } from '../shared/table/job-errors.ts';
import type { Answer, Operation } from './operation.ts';
import { busy, isBusy } from './throttling.ts';

/**
 * Answers the requests of some routes. Any other request, and any error, is answered with a problem. A function knows its own
 * routes alone: to make the schemas of all routes would take a third of a cold start.
 */
export const apiHandler = (operations: Readonly<Partial<Record<OperationId, Operation>>>) => {
  const byRouteKey = new Map(Object.values(operations).map(({ routeKey, answer }) => [routeKey, answer]));
  return middy<APIGatewayProxyEventV2, Answer>()
    .onError((request) => {
      if (request.error instanceof ApiProblem) return problemAnswer(request.error);
      if (request.error instanceof JobDeleted) return problemAnswer(jobDeleted());
      if (isBusy(request.error)) {
        logger.warn('answered 429', { error: loggable(request.error) });
        return problemAnswer(busy());
      }
      logger.error('request failed', { error: request.error ?? 'unknown' });
      return problemAnswer(
        new ApiProblem(
          500,
          'INTERNAL',
          'Startframe failed to answer. Send the request again, a job request with the same Idempotency-Key: nothing is done twice.',
        ),
      );
    })
    .handler(async (event: APIGatewayProxyEventV2): Promise<Answer> => {
      // A browser's preflight request: API Gateway adds the CORS headers.
      if (event.routeKey.startsWith('OPTIONS ')) return { statusCode: 204 };
      const answer = byRouteKey.get(event.routeKey);
      if (!answer)
        throw new ApiProblem(
          404,
          'NOT_FOUND',
          `There is no ${event.requestContext.http.method} ${event.rawPath}.`,
        );
      return answer(event);
    });
};

/** A job request sent again after its job was deleted: a second job would be paid again. */
const jobDeleted = (): ApiProblem =>
  new ApiProblem(
    409,
    'JOB_DELETED',
    'The job of this Idempotency-Key was deleted, and no new job was made. Use another key to make a new one.',
  );
