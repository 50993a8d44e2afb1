import * as z from 'zod';
import { ApiSettings } from './api/api-settings.ts';
import { AdminName } from './kernel/identity.ts';
import { dialects } from './providers/registry.ts';
import { WebhookSettings } from './webhooks/settings.ts';

export type DialectId = keyof typeof dialects;
/** Ids of the dialects: the registry's. */
export const DialectId = z.enum(Object.keys(dialects) as [DialectId, ...DialectId[]]);

const HttpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));

/** An origin such as `https://files.example.com`, or `https://*.example.com` for any host below it. */
const OriginPattern = z
  .string()
  .regex(/^https?:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?$/, 'must be an origin such as https://files.example.com');

const ProviderFields = z.strictObject({
  dialect: DialectId,
  /** Where videos are ordered, without the dialect's path. */
  submitBaseUrl: HttpUrl,
  /** Where tasks are asked for, when it differs. */
  pollBaseUrl: HttpUrl.optional(),
  /** Base URLs may be http or private: a gateway in a VPC, or on this machine. Applies to this provider's own origins only. */
  allowPrivateAddresses: z.boolean().default(false),
  /** Origins that videos may come from; without it any public https address. */
  downloadOrigins: z.array(OriginPattern).optional(),
  /** How this gateway speaks its dialect: see `providers/options.ts`. */
  options: z.record(z.string(), z.unknown()).default({}),
  /** How this provider signs what it calls back with: it may then say that a video is ready. Not heard by default. */
  callbacks: z.literal('standard-webhooks').optional(),
  /** Models offered here, by their id in the registry. */
  models: z.array(z.string().min(1)).min(1),
  /** A verdict of failure is asked once more before it is believed (relays flap). */
  confirmFailure: z.boolean().default(true),
  /** More videos than this are never made at once; the others wait in a queue that is fair to owners. No limit by default. */
  maxInFlight: z.int().positive().max(1000).optional(),
  /** More orders than this are never sent in any 60 seconds. No limit by default. */
  submitsPerMinute: z.int().positive().max(6000).optional(),
  /** Seconds from the submit to the first question; a fast clip was measured at 113 s, the range is 11 s to 6 min. */
  firstWaitSeconds: z.int().positive().default(45),
  /** Seconds between the next questions, which then grow to 30. */
  pollStepSeconds: z.int().positive().default(10),
  /**
   * Seconds for which one question may be repeated at once when the video is near; 0 never does. 9 s cost less than another
   * round of the workflow.
   */
  askAgainSeconds: z.int().min(0).max(18).default(9),
  /** Seconds after the submit until a job counts as overdue (it is asked for all the same). */
  deadlineSeconds: z.int().positive().default(1800),
  /** Seconds that the provider keeps a video; the seeds say 2 days. */
  retentionSeconds: z.int().positive().default(172_800),
  /** Seconds that "no such task" or "finished, but empty" must last before it is believed. */
  doubtSeconds: z.int().nonnegative().default(600),
});

/** A provider of a stage: a dialect at an address. Its key is a secret and never stands here. */
export const ProviderSettings = ProviderFields.superRefine(({ dialect, options }, context) => {
  for (const issue of dialects[dialect].options.safeParse(options).error?.issues ?? []) {
    const path = ['options', ...issue.path];
    const input = options[String(issue.path[0])];
    if (issue.code === 'unrecognized_keys') context.addIssue({ ...issue, input: options, path });
    else if (issue.code === 'invalid_value') context.addIssue({ ...issue, input, path });
    else context.addIssue({ code: 'custom', input, path, message: issue.message });
  }
});
export type ProviderSettings = z.infer<typeof ProviderSettings>;

/** What a job gets when nobody says otherwise; the same words as in a drop's metadata. */
export const JobDefaults = z.strictObject({
  prompt: z.string().min(1),
  model: z.string().min(1),
  provider: z.string().min(1).optional(),
  aspectRatio: z.string().optional(),
  resolution: z.string().optional(),
});
export type JobDefaults = z.infer<typeof JobDefaults>;

const Dollars = z.number().nonnegative();

/**
 * What an owner's videos may cost in one UTC day, by list price. Without this setting no budget is read or written; with it,
 * even empty, the table's item `OWNER#owner` / `LIMITS` goes over what stands here.
 */
export const Budgets = z.strictObject({
  /** Of every owner that nothing else is said of. */
  dailyDollars: Dollars.optional(),
  /** By owner: `drop`, or `111122223333:Shop`, account and role (or user) name. */
  owners: z.record(z.string().min(1), z.strictObject({ dailyDollars: Dollars })).default({}),
  /** What a video counts whose price nobody lists; without it such a video is refused to owners with a limit. */
  assumedPriceDollars: z.number().positive().optional(),
});
export type Budgets = z.infer<typeof Budgets>;

/** Where a job goes that its own provider cannot take, as long as nothing is ordered. */
export const Failover = z.strictObject({
  /** Tried in this order; a model that does not make the very same video is passed over. */
  alternatives: z.array(z.strictObject({ provider: z.string(), model: z.string() })).min(1),
  /** Also to a model that costs more, or whose price nobody lists. Never where a budget is reserved. */
  allowDearer: z.boolean().default(false),
});
export type Failover = z.infer<typeof Failover>;

/** How fast the rows of a batch become jobs. */
export const Batches = z.strictObject({
  /**
   * Of one batch; at most two are read at a time. Every job begins with functions that run for a second or so: ten a second leave room on
   * an account that may run ten functions at once, and are more than any provider takes.
   */
  rowsPerSecond: z.int().positive().max(200).default(10),
});
export type Batches = z.infer<typeof Batches>;

/** The part of a stage's settings that the functions read at run time. */
export const RuntimeSettings = z.strictObject({
  stage: z.string().regex(/^[a-z][a-z0-9-]*$/),
  /** Owner of what is dropped. */
  dropOwner: z.string().min(1).default('drop'),
  /** Who may see, cancel and redrive every job, what is dropped too: owners by their names, `111122223333:OnCall`, `jwt:ann`, `key:ops`. */
  admins: z.array(AdminName).default([]),
  /** Who may call the HTTP API, from where, and how often. */
  api: ApiSettings.prefault({}),
  /** Frames above this are refused. */
  maxFrameBytes: z.int().positive().default(20_000_000),
  /**
   * Every caller of the API may name what people put into the inbox, or into the frames bucket by hand, if they know its key.
   * Otherwise only admins and the owner of drops may. Uploads and fetched frames are always their owner's alone.
   */
  sharedFrames: z.boolean().default(false),
  /**
   * Origins that frames may be fetched from although they are http or private: a picture server in a VPC, or on this machine.
   * Every caller of the API can then have pictures fetched from there.
   */
  privateFrameOrigins: z
    .array(
      HttpUrl.refine((url) => new URL(url).origin === url, 'must be an origin such as http://10.0.0.7:8080'),
    )
    .default([]),
  defaults: JobDefaults,
  budgets: Budgets.optional(),
  failover: Failover.optional(),
  webhooks: WebhookSettings.prefault({}),
  batches: Batches.prefault({}),
  providers: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*$/), ProviderSettings)
    .refine((providers) => Object.keys(providers).length > 0, 'at least one provider'),
});
export type RuntimeSettings = z.infer<typeof RuntimeSettings>;
