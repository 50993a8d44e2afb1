import type { JobState } from '../../../core/jobs/job.ts';
import type { InjectedFault } from '../faults/fault-schedule.ts';
import type { Provider } from '../faults/provider.ts';
import type { Call } from '../world/call.ts';
import type { ObjectStore } from '../world/object-store.ts';
import type { PutEvent } from '../world/services.ts';
import type { Execution } from '../world/state-machine.ts';
import type { Scenario } from './scenario.ts';

/** Everything that a finished run left behind, for the invariants to check. */
export interface RunOutcome {
  readonly scenario: Scenario;
  readonly calls: readonly Call[];
  readonly injected: readonly InjectedFault[];
  readonly states: readonly JobState[];
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly objects: ObjectStore;
  readonly provider: Provider;
  readonly executions: readonly Execution[];
  /** Task tokens on which executions still wait. */
  readonly openTokens: ReadonlySet<string>;
  readonly published: readonly PutEvent[];
  /** Lost messages, events and stream records. */
  readonly dead: readonly string[];
  /** Uploads in the dead-letter queue, of which an alarm notifies an operator. */
  readonly deadUploads: number;
  /** Requests that were answered 202, and drops. Each must have a record. */
  readonly accepted: number;
  /** Further payments that an operator confirmed. */
  readonly confirmations: number;
  /** Submits without an intent before them. */
  readonly postsWithoutIntent: number;
  readonly endedAtMs: number;
  /** Everything that was written: logs, items, events, manifests, states of executions, answers. */
  readonly traces: readonly string[];
  /** Texts that no trace may contain. */
  readonly secrets: readonly string[];
}
