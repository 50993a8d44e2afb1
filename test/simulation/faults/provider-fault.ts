import type { DialectName } from '../../../simulator/dialect-name.ts';
import type { ConnectError } from '../world/network.ts';
import type { KeyFault } from '../world/secrets.ts';

/** How a job can end, in the words of the printed table. */
export type Ending =
  /** The video is in the bucket. */
  | 'stored'
  /** No video and no money. */
  | 'failed free'
  /** No video; money is or may be gone, and an operator is notified. */
  | 'failed, operator notified'
  /** It is unknown whether the submit arrived; an operator decides. */
  | 'submit unknown'
  /** Still in the queue, and the pipeline attends to it; no operator can help. */
  | 'waits'
  /** Cancelled by its owner. */
  | 'cancelled'
  /** There is no job, and the caller knows it. */
  | 'not accepted'
  /** Still open, and an operator is notified. */
  | 'open, operator notified'
  /** Still open, and nothing attends to it. */
  | 'stuck';

/** One fault at the provider or on the way there. */
export interface ProviderFault {
  readonly name: string;
  /** Faults of the simulated gateway. */
  readonly gatewayFaults: readonly string[];
  readonly responseFault?: ResponseFault;
  readonly connect?: { readonly of: string; readonly how: ConnectError; readonly times: number };
  /** The fault of the key in the secret. */
  readonly key?: KeyFault;
  /** Every dialect when left out. */
  readonly dialects?: readonly DialectName[];
  /** How a job may end that meets no other fault. */
  readonly ends: readonly Ending[];
  /** It lasts until the provider's retention is over, which takes many steps. */
  readonly isLong?: boolean;
  /** It never ends and nothing changes any more: the run ends after this many hours. */
  readonly hours?: number;
  /** Two days would be a thousand downloads: the run uses the short retention. */
  readonly isSlow?: boolean;
}

/** A bad response that the simulated gateway does not make itself. */
export interface ResponseFault {
  readonly stage: 'submit' | 'poll' | 'file';
  readonly what:
    | 'quotes-key'
    | 'plain-500'
    | 'plain-500-after'
    | 'timeout-408'
    | 'refusal-503'
    | 'bomb'
    | 'packed'
    | 'redirect-inside'
    | 'redirect-for-ever';
  readonly times: number;
}
