import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import { type Route, routeKeyOf } from '../../core/api/route.ts';
import { type Caller, callerOf } from './caller.ts';
import { bodyOf, parsed } from './read-request.ts';

export type Answer = APIGatewayProxyStructuredResultV2;
/** What answers a route. */
export interface Operation {
  readonly routeKey: string;
  readonly answer: (event: APIGatewayProxyEventV2) => Promise<Answer>;
}

/** A request of which every part met the schema of its route. */
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

/** Answers the requests of a route, which are checked before. What `answer` throws as an `ApiProblem` the caller is told. */
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
