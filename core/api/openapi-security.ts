import type { ApiAuth } from './settings.ts';

type Json = Record<string, unknown>;

/** What every request needs that is not public. */
export const securityOf = (auth: ApiAuth): Json => ({
  security: Object.keys(securitySchemesOf(auth)).map((name) => ({ [name]: [] })),
});

/** How callers of the stage show who they are. */
export const securitySchemesOf = (auth: ApiAuth): Json => {
  switch (auth.type) {
    case 'iam':
      return { iam: IAM_SIGNATURE };
    case 'jwt':
      return {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `A token of ${auth.issuer} for ${auth.audience.join(' or ')}.`,
        },
      };
    case 'api-key':
      return {
        apiKey:
          auth.header === 'authorization'
            ? { type: 'http', scheme: 'bearer', description: KEY }
            : { type: 'apiKey', name: auth.header, in: 'header', description: KEY },
      };
    case 'none':
      return {};
  }
};

const KEY = 'An API key of this stage: `sf_…`.';

/** As API Gateway itself exports it. */
const IAM_SIGNATURE = {
  type: 'apiKey',
  name: 'Authorization',
  in: 'header',
  description: 'AWS Signature Version 4 for the service `execute-api`.',
  'x-amazon-apigateway-authtype': 'awsSigv4',
};
