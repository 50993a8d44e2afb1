import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { routeKeyOf } from '../../core/api/route.ts';
import { operationIds, routes } from '../../core/api/routes.ts';
import type { handler as Handler } from '../../lambdas/job-api.ts';
import { apiEvent, signedBy } from './api-event.ts';
import { type Received, serve, type TestServer } from './http-server.ts';
import { context } from './lambda.ts';

/** The API function behind a real server, as API Gateway calls it for a caller whose signature it has checked. */
export const serveApi = (handler: typeof Handler, userArn: () => string): Promise<TestServer> =>
  serve(async (request) => {
    const answer = await handler(eventOf(request, userArn()), context);
    const headers = Object.entries(answer.headers ?? {}).map(([name, value]) => [name, String(value)]);
    return {
      status: answer.statusCode ?? 200,
      headers: Object.fromEntries(headers),
      ...(answer.body === undefined ? {} : { body: answer.body }),
    };
  });

const eventOf = ({ method, url, headers, body }: Received, userArn: string): APIGatewayProxyEventV2 => {
  const { pathname, searchParams, search } = new URL(url, 'http://api.example');
  const { routeKey, params } = routeOf(method, pathname);
  return apiEvent(routeKey, {
    params,
    ...(search === '' ? {} : { query: Object.fromEntries(searchParams) }),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    ...(body === '' ? {} : { body }),
    authorizer: signedBy(userArn),
  });
};

const routeOf = (method: string, path: string) => {
  for (const id of operationIds) {
    const route = routes[id];
    if (route.method !== method) continue;
    const pattern = new RegExp(`^${route.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    const found = pattern.exec(path);
    if (!found) continue;
    const named = Object.entries(found.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]);
    return { routeKey: routeKeyOf(route), params: Object.fromEntries(named) };
  }
  return { routeKey: '$default', params: {} };
};
