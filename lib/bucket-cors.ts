import { type CorsRule, HttpMethods } from 'aws-cdk-lib/aws-s3';

/** How long a browser remembers a preflight's answer, as in the API. */
const PREFLIGHT_SECONDS = 600;

/** A page uploads a frame with an address or a form that the API signed for it. */
export const uploadsFrom = (origins: readonly string[]): readonly CorsRule[] =>
  rulesOf(origins, {
    allowedMethods: [HttpMethods.PUT, HttpMethods.POST],
    allowedHeaders: ['*'],
    exposedHeaders: ['etag', 'x-amz-version-id'],
  });

/** A page reads a video, in parts too, with an address that the API signed for it. */
export const downloadsFrom = (origins: readonly string[]): readonly CorsRule[] =>
  rulesOf(origins, {
    allowedMethods: [HttpMethods.GET, HttpMethods.HEAD],
    allowedHeaders: ['range', 'if-range', 'if-match', 'if-none-match'],
    exposedHeaders: ['accept-ranges', 'content-length', 'content-range', 'etag'],
  });

const rulesOf = (origins: readonly string[], rule: Omit<CorsRule, 'allowedOrigins'>): readonly CorsRule[] =>
  origins.length === 0 ? [] : [{ ...rule, allowedOrigins: [...origins], maxAge: PREFLIGHT_SECONDS }];
