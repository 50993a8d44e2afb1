import * as z from 'zod';

/** The numbers of days for which CloudWatch Logs can keep a log; its API refuses any other. */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** The part of a stage's settings that only the deployment reads. */
export const DeploySettings = z.strictObject({
  /** What happens to buckets, table and secrets when the stack is deleted. CloudFormation deletes no bucket that holds objects: empty it first. */
  removal: z.enum(['retain', 'destroy']).default('retain'),
  logRetentionDays: z.literal(LOG_RETENTION_DAYS).default(30),
  /** `host` is the machine that runs the synthesis, for functions that run on it. */
  architecture: z.enum(['arm64', 'x86_64', 'host']).default('arm64'),
  /** The table refuses to be deleted, and the stack refuses to be destroyed. */
  deletionProtection: z.boolean().default(false),
  /** The SNS topic that alarms notify; without it they show in CloudWatch only. */
  alarmTopicArn: z
    .string()
    .regex(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:\S+$/, 'the ARN of an SNS topic')
    .optional(),
  /** Deploys to the local cloud: `local-cloud.ts` holds every difference. */
  localCloud: z.boolean().default(false),
});
export type DeploySettings = z.infer<typeof DeploySettings>;
