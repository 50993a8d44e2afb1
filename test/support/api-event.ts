import type { APIGatewayProxyEventV2 } from 'aws-lambda';

export interface ApiEventOptions {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  /** What API Gateway says of the caller: `{ iam: { userArn } }`, `{ jwt: { claims } }`, `{ lambda: … }`. */
  readonly authorizer?: unknown;
}

/** A request as API Gateway hands it to the function (payload format 2.0). */
export const apiEvent = (
  routeKey: string,
  { params = {}, query, headers = {}, body, isBase64Encoded = false, authorizer }: ApiEventOptions = {},
): APIGatewayProxyEventV2 => {
  const [method = '', template = ''] = routeKey.split(' ');
  const rawPath = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: new URLSearchParams(query).toString(),
    headers,
    requestContext: {
      accountId: '111122223333',
      apiId: 'api',
      domainName: 'api.example',
      domainPrefix: 'api',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request',
      routeKey,
      stage: '$default',
      time: '',
      timeEpoch: 0,
      // The types know what JWT authorizers add, and nothing else.
      ...(authorizer === undefined ? {} : { authorizer }),
    },
    isBase64Encoded,
    ...(query === undefined ? {} : { queryStringParameters: query }),
    ...(body === undefined ? {} : { body }),
    ...(Object.keys(params).length === 0 ? {} : { pathParameters: params }),
  };
};

/** As API Gateway tells of a request that IAM has signed. */
export const signedBy = (userArn: string) => ({ iam: { userArn } });
