import * as z from 'zod';

/** How callers authenticate. Each kind names owners in its own way (`core/kernel/identity.ts`), so that no two ever collide. */
export const ApiAuth = z.discriminatedUnion(
  'type',
  [
    /** Requests signed with IAM credentials; the owner is account and role (or user) name. */
    z.strictObject({ type: z.literal('iam') }),
    /** Tokens of an OpenID Connect issuer, checked by API Gateway; the owner is what one of their claims says. */
    z.strictObject({
      type: z.literal('jwt'),
      /** As it stands in the tokens' `iss`, with a slash at its end where that has one. */
      issuer: z.url({ protocol: /^https?$/ }),
      /** One of these has to be in a token's `aud` (or `client_id`). */
      audience: z.array(z.string().min(1)).min(1),
      ownerClaim: z
        .string()
        .regex(/^[\w:./-]{1,128}$/, 'the name of a claim')
        .default('sub'),
    }),
    /** Keys that `npm run keys` makes, each with its owner. */
    z.strictObject({
      type: z.literal('api-key'),
      /** Where the key is sent; `authorization` takes `Bearer KEY`. API Gateway remembers keys by one header, so it is one. */
      header: z.enum(['x-api-key', 'authorization']).default('x-api-key'),
    }),
    /** No authentication: on this machine only, see `lib/stage-config.ts`. */
    z.strictObject({ type: z.literal('none') }),
  ],
  'one of iam, jwt, api-key, none, by its "type"',
);
export type ApiAuth = z.infer<typeof ApiAuth>;

/** The HTTP API of a stage. */
export const ApiSettings = z.strictObject({
  auth: ApiAuth.prefault({ type: 'iam' }),
  /** Web pages of these origins may call from a browser (CORS). None by default. */
  allowedOrigins: z
    .array(
      z.string().regex(/^https?:\/\/[a-z0-9.-]+(:\d+)?$/, 'an origin such as https://studio.example.com'),
    )
    .default([]),
  /** Requests a second, and at once, of all callers together; above it API Gateway answers 429. */
  throttle: z
    .strictObject({
      rate: z.int().positive().max(10_000).default(50),
      burst: z.int().positive().max(5000).default(100),
    })
    .prefault({}),
});
export type ApiSettings = z.infer<typeof ApiSettings>;
