import * as z from 'zod';
import { gemini } from './dialects/gemini/dialect.ts';
import { gptproto } from './dialects/gptproto/dialect.ts';
import { openAiVideo } from './dialects/openai-video/dialect.ts';
import type { Endpoint } from './endpoint.ts';
import type { Dialect, ProviderContext, VideoProvider } from './provider.ts';

/** Every dialect, by the id that a stage's settings name. A new one is its file, its fixtures and test, and a line here. */
export const dialects = {
  gptproto,
  gemini,
  'openai-video': openAiVideo,
} as const satisfies Readonly<Record<string, Dialect>>;

export type DialectId = keyof typeof dialects;
/** Ids of the dialects. */
export const DialectId = z.enum(Object.keys(dialects) as [DialectId, ...DialectId[]]);

/** What any dialect is given, and the dialect that the endpoint speaks. */
export interface ConnectionContext extends ProviderContext {
  readonly settings: Endpoint & { readonly dialect: DialectId };
}

/** The provider that these settings describe. */
export const providerOf = (context: ConnectionContext): VideoProvider =>
  dialects[context.settings.dialect].connect(context);

/** Whether the provider that these settings describe can stop a task. */
export const canCancel = ({ dialect, options }: ConnectionContext['settings']): boolean =>
  dialectOf(dialect).canCancel?.(options) ?? false;

/** The time zone in which providers of a dialect count the days of a daily quota. */
export const quotaTimeZoneOf = (dialect: DialectId): string => dialectOf(dialect).quotaTimeZone ?? 'UTC';

const dialectOf = (id: DialectId): Dialect => dialects[id];
