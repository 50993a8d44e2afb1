import type { Model } from './model.ts';
import { type DialectId, dialects } from './registry.ts';

export interface OfferedModel extends Model {
  readonly dialect: DialectId;
}

/** Seconds: every document that fixes the length fixes it to this. */
export const DURATION_WHEN_FIXED = 8;

/** Seconds that a continued video grows by, and how long it may be in all (the project's notes on providers, Nov 2026). */
export const EXTENSION_SECONDS = 7;
export const LONGEST_EXTENDED_SECONDS = 148;

/** Every model of every dialect. */
export const models: readonly OfferedModel[] = Object.entries(dialects).flatMap(
  ([dialect, { models: offered }]) => offered.map((model) => ({ ...model, dialect: dialect as DialectId })),
);

export const findModel = (dialect: string, id: string): OfferedModel | undefined =>
  models.find((model) => model.dialect === dialect && model.id === id);
