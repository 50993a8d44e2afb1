import * as z from 'zod';
import { HttpUrl } from '../kernel/http-url.ts';
import { DialectId, dialects } from './registry.ts';

/** An origin such as `https://files.example.com`, or `https://*.example.com` for any host below it. */
const OriginPattern = z
  .string()
  .regex(/^https?:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?$/, 'must be an origin such as https://files.example.com');

/** How a provider of a stage is reached, and what it offers: a dialect at an address. Its key is a secret and never stands here. */
export const ProviderConnection = z.strictObject({
  dialect: DialectId,
  /** Where videos are submitted, without the dialect's path. */
  submitBaseUrl: HttpUrl,
  /** Where tasks are polled, when it differs. */
  pollBaseUrl: HttpUrl.optional(),
  /** Base URLs may be http or private: a gateway in a VPC, or on this machine. Applies to this provider's own origins only. */
  allowPrivateAddresses: z.boolean().default(false),
  /** Origins that videos may come from; without it any public https address. */
  downloadOrigins: z.array(OriginPattern).optional(),
  /** How this gateway speaks its dialect: see `dialect-options.ts`. */
  options: z.record(z.string(), z.unknown()).default({}),
  /** How this provider signs its callbacks: it may then say that a video is ready. By default callbacks are refused. */
  callbacks: z.literal('standard-webhooks').optional(),
  /** Models offered here, by their id in the registry. */
  models: z.array(z.string().min(1)).min(1),
});
export type ProviderConnection = z.infer<typeof ProviderConnection>;

/** Checks `options` by the schema of the dialect. */
export const checkDialectOptions = (
  { dialect, options }: Pick<ProviderConnection, 'dialect' | 'options'>,
  context: z.RefinementCtx,
): void => {
  for (const issue of dialects[dialect].options.safeParse(options).error?.issues ?? []) {
    const path = ['options', ...issue.path];
    const input = options[String(issue.path[0])];
    if (issue.code === 'unrecognized_keys') context.addIssue({ ...issue, input: options, path });
    else if (issue.code === 'invalid_value') context.addIssue({ ...issue, input, path });
    else context.addIssue({ code: 'custom', input, path, message: issue.message });
  }
};
