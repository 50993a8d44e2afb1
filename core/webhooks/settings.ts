import * as z from 'zod';
import { DetailType } from '../kernel/contract.ts';
import { AddressRefused } from '../kernel/errors.ts';
import { type AddressPolicy, checkUrl } from '../providers/address-policy.ts';
import { type ParameterProblem, problem } from '../request/parameters.ts';

/** What is told to webhooks where a stage does not say otherwise: the endings, and what waits for a person. */
const TOLD: readonly DetailType[] = [
  'Video Job Succeeded',
  'Video Job Failed',
  'Video Job Cancelled',
  'Video Job Needs Attention',
];

/** Who is told over HTTP what happens to jobs: an order names its own `webhookUrl`, the others go where the stage says. */
export const WebhookSettings = z.strictObject({
  /** Told of every job that names no webhook of its own. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  /** Of which events. */
  events: z
    .array(DetailType)
    .min(1)
    .default([...TOLD]),
  /** Receivers may be http and private, this machine too: only where a stage is on the local cloud. */
  allowPrivateAddresses: z.boolean().default(false),
});
export type WebhookSettings = z.infer<typeof WebhookSettings>;

/** What may be called: with private addresses allowed, this one whatever it is. */
export const webhookPolicy = (
  url: string,
  { allowPrivateAddresses }: Pick<WebhookSettings, 'allowPrivateAddresses'>,
): AddressPolicy => ({
  privateOrigins: allowPrivateAddresses && URL.canParse(url) ? [new URL(url).origin] : [],
});

const LONGEST_URL = 2048;

/**
 * What is wrong with an address that an order names; a name is resolved, and what it resolves to is judged, each time it is
 * called. The address itself is never repeated: its path or its query may be all that protects the receiver.
 */
export const webhookProblem = (
  url: string | undefined,
  settings: Pick<WebhookSettings, 'allowPrivateAddresses'>,
): ParameterProblem | undefined => {
  if (url === undefined) return undefined;
  if (url.length > LONGEST_URL) return wrong(`it may have ${LONGEST_URL} characters`);
  // Parsers drop these silently, and another program may not.
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
  problem('webhookUrl', '', `a public https address is called, and this one is not: ${why}`);

/** The part of an address that anybody may see. */
export const hostOfWebhook = (url: string): string =>
  URL.canParse(url) ? new URL(url).host : 'an address that is no URL';
