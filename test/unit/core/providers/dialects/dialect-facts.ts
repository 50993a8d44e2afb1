import type { ProviderErrorName } from '../../../../../core/kernel/errors.ts';
import type { ProviderTask, TaskStatus } from '../../../../../core/providers/provider.ts';
import type { DialectId } from '../../../../../core/providers/registry.ts';
import type { ProviderSettings } from '../../../../../core/settings.ts';

/** What the tests of the contract need to know of a dialect. */
export interface DialectFacts {
  readonly dialect: DialectId;
  readonly settings?: Partial<ProviderSettings>;
  readonly model: string;
  /** The headers that carry `KEY`. */
  readonly keyHeaders: Readonly<Record<string, string>>;
  /** What a submit that was taken is answered with, and the task that follows. */
  readonly accepted: { readonly body: unknown; readonly task: ProviderTask };
  /** Errors to a submit, recorded or as documented. */
  readonly errors: readonly {
    readonly status: number;
    readonly body: unknown;
    readonly name: ProviderErrorName;
  }[];
  /** Answers to a check, recorded or as documented, by what they mean. */
  readonly answers: readonly { readonly body: unknown; readonly status: Partial<TaskStatus> }[];
  /** The answer to a check of a task that failed for this reason. */
  failedFor(reason: string): unknown;
  /** Names of fields that mean something in this dialect's answers, at any depth. */
  readonly fields: readonly string[];
}
