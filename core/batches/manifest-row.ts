import type { FieldProblem } from '../request/field-problem.ts';

/** A row of a manifest. `line` is where it begins, from 1. */
export type ManifestRow =
  /** The job request, not yet checked. `problems`: cells that cannot be read, and are left out of it. */
  | { readonly line: number; readonly request: unknown; readonly problems?: readonly FieldProblem[] }
  /** A row that is no job request at all. */
  | { readonly line: number; readonly problems: readonly FieldProblem[] };
