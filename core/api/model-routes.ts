import * as z from 'zod';
import { findModel } from '../providers/model-registry.ts';
import { DialectId } from '../providers/registry.ts';
import { scenes } from '../providers/scenes.ts';
import type { ParameterSettings } from '../request/settings.ts';
import { plainRoute, type Route } from './route.ts';

const LifeCycleView = z.object({
  status: z.enum(['available', 'preview', 'retired']),
  retiresOn: z.string().optional().describe('The day from which its maker no longer offers it.'),
  replacement: z.string().optional(),
  source: z.string(),
});

const BillingView = z.object({
  isFilteredFree: z.boolean().describe('A video that was withheld for its content is free.'),
  isDeliveredOnly: z.boolean().describe('If fewer videos come than were requested, only those are charged.'),
  source: z.string(),
});

/** A model as a provider of the stage offers it. Prices are what its maker lists, not what a gateway's invoice says. */
export const ModelView = z
  .object({
    provider: z.string(),
    id: z.string(),
    isDefault: z.boolean().describe('The model of a job request that names neither provider nor model.'),
    dialect: DialectId,
    scenes: z.array(z.enum(scenes)),
    aspectRatios: z.array(z.string()),
    resolutions: z.array(z.string()),
    durationsSeconds: z.array(z.number()),
    fixedDurationWith: z.array(z.string()).describe('Resolutions and scenes that leave only 8 s.'),
    extensionResolutions: z
      .array(z.string())
      .optional()
      .describe('Of a continued video, where they are fewer.'),
    takes: z.array(z.string()).describe('Optional parameters that it takes.'),
    maxPromptCharacters: z.int(),
    maxReferenceFrames: z.int(),
    requestsPerMinute: z.int().optional(),
    pricePerSecondMicros: z
      .record(z.string(), z.number())
      .describe('Micro-dollars for a second of video, by resolution; empty without a list price.'),
    billing: BillingView.optional(),
    watermark: z.string(),
    retentionHours: z.number(),
    lifeCycle: LifeCycleView,
    source: z.string(),
  })
  .meta({ id: 'Model' });
export type ModelView = z.infer<typeof ModelView>;

/** What the stage offers, provider by provider, in the order of its settings. */
export const offeredModels = ({ providers, defaults }: ParameterSettings): ModelView[] => {
  const offered = Object.entries(providers).flatMap(([provider, { dialect, models }]) =>
    models.flatMap((id) => {
      const model = findModel(dialect, id);
      return model ? [{ provider, model }] : [];
    }),
  );
  const isOf = (wanted: string | undefined) => (one: (typeof offered)[number]) =>
    one.model.id === defaults.model && (wanted === undefined || one.provider === wanted);
  const usual = offered.find(isOf(defaults.provider)) ?? offered.find(isOf(undefined));
  return offered.map((one) => ({
    provider: one.provider,
    isDefault: one === usual,
    ...ModelView.omit({ provider: true, isDefault: true }).parse(one.model),
  }));
};

export const modelRoutes = {
  listModels: {
    ...plainRoute,
    method: 'GET',
    path: '/models',
    tag: 'Models',
    summary: 'The models of this stage: what each makes, its price, and its life cycle',
    answers: { 200: { description: 'All models.', body: z.object({ models: z.array(ModelView) }) } },
  },
} as const satisfies Record<string, Route>;
