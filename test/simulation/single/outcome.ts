import type { JobState } from '../../../core/jobs/job.ts';
import type { InjectedFault } from '../faults/fault-schedule.ts';
import type { Provider } from '../faults/provider.ts';
import type { Call } from '../world/call.ts';
import type { ObjectStore } from '../world/object-store.ts';
import type { PutEvent } from '../world/services.ts';
import type { Execution } from '../world/state-machine.ts';
import type { Scenario } from './scenario.ts';

/** What was left when a job's course was over. */
export interface RunOutcome {
  readonly scenario: Scenario;
  readonly calls: readonly Call[];
  readonly injected: readonly InjectedFault[];
  readonly states: readonly JobState[];
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly objects: ObjectStore;
  readonly provider: Provider;
  readonly executions: readonly Execution[];
  /** Tokens that executions still wait with. */
  readonly openTokens: ReadonlySet<string>;
  readonly published: readonly PutEvent[];
  /** Messages, events and stream records that were given up. */
  readonly dead: readonly string[];
  /** Uploads that wait in the dead letters, where an alarm tells a person of them. */
  readonly deadUploads: number;
  /** Orders that were answered 202, and drops: at least this many are owed a record. */
  readonly accepted: number;
  /** Orders that a person said should be paid once more. */
  readonly confirmations: number;
  /** POSTs that had no intent before them. */
  readonly postsWithoutIntent: number;
  readonly endedAtMs: number;
  /** Everything that was written where it stays: logs, items, events, manifests, states of executions, answers. */
  readonly traces: readonly string[];
  /** What must stand in none of them. */
  readonly secrets: readonly string[];
}
