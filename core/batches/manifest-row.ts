import type { FieldProblem } from '../request/field-problem.ts';

/** The job request of a row, not yet checked, or why there is none. `line` is where the row begins, from 1. */
export type ManifestRow =
  | { readonly line: number; readonly order: unknown }
  | { readonly line: number; readonly problems: readonly FieldProblem[] };
