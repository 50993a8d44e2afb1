import type { LocalCloudOptions } from '../../../local/local-cloud.ts';

/*
 * The clouds of the end-to-end tests: one deployed stack for all suites that can live with the same settings. A suite has
 * prompts, keys and a caller of its own, and where it stops a provider or needs other times, a provider of its own.
 */

/** The time of a task at the gateway, the first wait and the poll step: 1 s each, by the scale of waits. */
const quick = { firstWaitSeconds: 20, pollStepSeconds: 20 };
const waitScale = 0.05;

const ours = { allowPrivateAddresses: true, deadlineSeconds: 120, doubtSeconds: 20, retentionSeconds: 900 };
const gptproto = { ...ours, ...quick, dialect: 'gptproto', models: ['veo3.1-fast'] };
/** `/v1/videos` with a form, polled in the shape that it has there. */
const form = {
  ...ours,
  ...quick,
  dialect: 'openai-video',
  options: { submitForm: 'multipart' },
  models: ['veo-3.1-fast-generate-preview'],
};

/** Admins, so that they may name any frame of the stage. */
const adminRoles = ['scenes', 'orders', 'batches', 'hooks', 'visitor', 'drops', 'repairs', 'crowd'] as const;
/** Owns nothing but its own jobs. */
const readers = ['reader'] as const;
export const roles = [...adminRoles, ...readers];
/** A role of a caller, and so an owner of its own. */
export type Role = (typeof roles)[number];

const root = '000000000000:root';
const admins = [root, ...adminRoles.map((role) => `000000000000:role/${role}`)];

/** Nothing fails here that opens a circuit, and no provider is stopped that others use. */
const calm = (frameOrigin: string): LocalCloudOptions => ({
  waitScale,
  simulated: { seconds: 1 },
  providerSettings: quick,
  moreProviders: {
    form,
    // Without a callback nobody would poll for ten minutes.
    calling: { ...gptproto, firstWaitSeconds: 12_000, callbacks: 'standard-webhooks' },
    // Stopped by a person, and robbed of its key.
    resting: gptproto,
  },
  stageSettings: { admins, privateFrameOrigins: [frameOrigin], batches: { rowsPerSecond: 20 } },
});

/** Providers misbehave, circuits open, workflows are killed. */
const rough = (): LocalCloudOptions => {
  // A download that fails is tried again for as long as the provider keeps the video: a minute.
  const settings = { ...quick, deadlineSeconds: 50, doubtSeconds: 5, retentionSeconds: 60 };
  const stopping = ['throttled', 'throttled-bare', 'used-up', 'penniless', 'prepaid', 'keyless', 'busy'];
  return {
    waitScale,
    simulated: { seconds: 2 },
    providerSettings: settings,
    moreProviders: {
      // What these say stops every submit at their provider: each has one of its own.
      ...Object.fromEntries(stopping.map((provider) => [provider, { ...gptproto, ...settings }])),
      form: { ...form, ...settings },
      // Overdue at once, so that the sweeper looks after its jobs.
      hasty: { ...gptproto, deadlineSeconds: 5 },
      crowded: { ...gptproto, maxInFlight: CROWDED.maxInFlight, submitsPerMinute: CROWDED.perMinute },
    },
    stageSettings: { admins },
  };
};

/** What the provider `crowded` takes. */
export const CROWDED = { maxInFlight: 3, perMinute: 60 } as const;

/** API keys in place of signatures, budgets, and other providers to go to. */
const keys = (): LocalCloudOptions => ({
  waitScale,
  simulated: { seconds: 1 },
  providerSettings: quick,
  moreProviders: { narrow: { ...gptproto, maxInFlight: 1 } },
  stageSettings: {
    api: { auth: { type: 'api-key' } },
    admins: ['key:ops'],
    // Two fast videos of 8 s for drops; by HTTP one at a time.
    budgets: { owners: { drop: { dailyDollars: 1.6 }, 'key:buyer': { dailyDollars: 8 } } },
    failover: { alternatives: [{ provider: 'simulated-gemini', model: 'veo-3.1-fast-generate-preview' }] },
  },
});

/** How each is started. `frameOrigin` is where a suite may serve pictures from this machine. */
export const cloudGroups = { calm, rough, keys } as const satisfies Record<
  string,
  (frameOrigin: string) => LocalCloudOptions
>;
export type CloudGroup = keyof typeof cloudGroups;

export const isCloudGroup = (name: string): name is CloudGroup => name in cloudGroups;
