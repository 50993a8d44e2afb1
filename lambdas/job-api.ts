import middy from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { routeKeyOf } from '../core/api/route.ts';
import { operationIds, routes } from '../core/api/routes.ts';
import type { Answer } from './api/operation.ts';
import { operations } from './api/operations.ts';
import { ApiProblem, problemAnswer } from './shared/api-answer.ts';
import { logger } from './shared/logger.ts';

/** The HTTP API: an order becomes a job, and its owner sees how it goes, cancels it, and starts it again. */
export const handler = middy<APIGatewayProxyEventV2, Answer>()
  .onError((request) => {
    if (request.error instanceof ApiProblem) return problemAnswer(request.error);
    logger.error('request failed', { error: request.error ?? 'unknown' });
    return problemAnswer(
      new ApiProblem(500, 'INTERNAL', 'Something went wrong here; nothing was ordered by this request.'),
    );
  })
  .handler(async (event: APIGatewayProxyEventV2): Promise<Answer> => {
    const id = operationIds.find((each) => routeKeyOf(routes[each]) === event.routeKey);
    if (id === undefined)
      throw new ApiProblem(
        404,
        'NOT_FOUND',
        `There is no ${event.requestContext.http.method} ${event.rawPath}.`,
      );
    return operations[id](event);
  });
