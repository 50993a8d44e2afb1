import { Duration } from 'aws-cdk-lib';
import { CorsHttpMethod, type HttpApiProps } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ApiSettings } from '../core/api/settings.ts';

/** How long a browser remembers a preflight's answer. */
const PREFLIGHT_MINUTES = 10;

/** Which web pages may call the API, and with which headers. Without origins no page may. */
export const corsOf = ({ allowedOrigins }: ApiSettings): Pick<HttpApiProps, 'corsPreflight'> =>
  allowedOrigins.length === 0
    ? {}
    : {
        corsPreflight: {
          allowOrigins: [...allowedOrigins],
          allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.DELETE],
          allowHeaders: [...REQUEST_HEADERS],
          exposeHeaders: [...RESPONSE_HEADERS],
          maxAge: Duration.minutes(PREFLIGHT_MINUTES),
        },
      };

const REQUEST_HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'x-api-key',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
];
const RESPONSE_HEADERS = ['location', 'retry-after'];
