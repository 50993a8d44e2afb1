import * as z from 'zod';
import { DetailType } from '../kernel/contract.ts';
import { AddressRefused } from '../kernel/errors.ts';
import { type AddressPolicy, checkUrl } from '../providers/address-policy.ts';
import { type ParameterProblem, problem } from '../request/parameters.ts';

/** Default event types of webhooks: the endings, and jobs that need attention. */
const DEFAULT_EVENTS: readonly DetailType[] = [
  'Video Job Succeeded',
  'Video Job Failed',
  'Video Job Cancelled',
  'Video Job Needs Attention',
];

/** Where events of jobs go over HTTP. A job request may name its own `webhookUrl`; other jobs use the stage's. */
export const WebhookSettings = z.strictObject({
  /** Receives the events of jobs without a webhook of their own. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  /** Which events. */
  events: z
    .array(DetailType)
    .min(1)
    .default([...DEFAULT_EVENTS]),
  /** Receivers may be http and private, this machine too: only where a stage is on the local cloud. */
  allowPrivateAddresses: z.boolean().default(false),
});
export type WebhookSettings = z.infer<typeof WebhookSettings>;

/** The address policy of a webhook: with private addresses allowed, any origin. */
export const webhookPolicy = (
  url: string,
  { allowPrivateAddresses }: Pick<WebhookSettings, 'allowPrivateAddresses'>,
): AddressPolicy => ({
  privateOrigins: allowPrivateAddresses && URL.canParse(url) ? [new URL(url).origin] : [],
});

const LONGEST_URL = 2048;

/**
 * What is wrong with the webhook of a job request. A host name is resolved, and its addresses are checked, at each call. The
 * address is never quoted: its path or its query may be all that protects the receiver.
 */
export const webhookProblem = (
  url: string | undefined,
  settings: Pick<WebhookSettings, 'allowPrivateAddresses'>,
): ParameterProblem | undefined => {
  if (url === undefined) return undefined;
  if (url.length > LONGEST_URL) return wrong(`it may have ${LONGEST_URL} characters`);
  // Parsers drop these silently; other programs may not.
  if (/[\s\p{Cc}]/u.test(url)) return wrong('it holds spaces or control characters');
  try {
    checkUrl(url, webhookPolicy(url, settings));
    return undefined;
  } catch (error) {
    if (!(error instanceof AddressRefused)) throw error;
    return wrong(error.message);
  }
};

const wrong = (why: string): ParameterProblem =>
  problem('webhookUrl', '', `must be a public https address: ${why}`);

/** The part of an address that may be shown. */
export const hostOfWebhook = (url: string): string =>
  URL.canParse(url) ? new URL(url).host : 'an address that is no URL';
