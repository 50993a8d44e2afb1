import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import { type Route, routeKeyOf } from '../../core/api/route.ts';
import { type Caller, callerOf } from './caller.ts';
import { bodyOf, parsed } from './read-request.ts';

export type Answer = APIGatewayProxyStructuredResultV2;
/** The answer to the requests of a route. */
export interface Operation {
  readonly routeKey: string;
  readonly answer: (event: APIGatewayProxyEventV2) => Promise<Answer>;
}

/** A request whose parts all meet the schemas of its route. */
export interface ApiRequest<Params, Query, Headers, Body> {
  readonly caller: Caller;
  readonly params: Params;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
}

interface Schemas<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Headers extends z.ZodType,
  Body extends z.ZodType,
> {
  readonly params: Params;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
}

/** Checks each request of a route, then answers it. The caller gets an `ApiProblem` that `answer` throws. */
export const operation = <
  Params extends z.ZodType,
  Query extends z.ZodType,
  Headers extends z.ZodType,
  Body extends z.ZodType,
>(
  route: Route & Schemas<Params, Query, Headers, Body>,
  answer: (
    request: ApiRequest<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>,
  ) => Promise<Answer>,
): Operation => ({
  routeKey: routeKeyOf(route),
  answer: async (event) =>
    answer({
      caller: callerOf(event, route.access),
      params: parsed(route.params, event.pathParameters ?? {}),
      query: parsed(route.query, event.queryStringParameters ?? {}),
      headers: parsed(route.headers, event.headers),
      body: parsed(route.body, bodyOf(route, event)),
    }),
});
