import { JobStatus } from '../../core/kernel/contract.ts';
import type { Ending } from './faults/provider-fault.ts';
import type { MultiJobMessage } from './multi/worker-client.ts';
import type { CheckedJobRun } from './single/run.ts';
import { describe, type Scenario } from './single/scenario.ts';

const endings: readonly Ending[] = [
  'stored',
  'failed free',
  'failed, operator notified',
  'submit unknown',
  'cancelled',
  'not accepted',
  'waits',
  'open, operator notified',
  'stuck',
];

/** Counts how jobs end, by the faults they met. */
export class OutcomeTable {
  private readonly byProviderFault = new Map<string, Map<Ending, number>>();
  private readonly byInjectedFault = new Map<string, Map<Ending, number>>();
  private readonly byMultiJobFault = new Map<string, Map<string, number>>();
  jobs = 0;
  /** The number of jobs in single-job runs. */
  single = 0;
  multiJobRuns = 0;
  calls = 0;
  injectedFaults = 0;
  /** The number of jobs in worlds in which Lambda throttles; in `jobs`, too. */
  throttledJobs = 0;

  add({ scenario, ending, calls, injectedFaults }: CheckedJobRun): void {
    this.jobs += 1;
    this.single += 1;
    this.calls += calls;
    this.injectedFaults += injectedFaults;
    count(this.byProviderFault, scenario.providerFault.name, ending);
    count(this.byInjectedFault, faultLabelOf(scenario), ending);
  }

  addMultiJobRun({ providerFault, statuses, calls, injectedFaults }: MultiJobMessage): void {
    this.multiJobRuns += 1;
    this.jobs += statuses.length;
    this.calls += calls;
    this.injectedFaults += injectedFaults;
    for (const status of statuses) count(this.byMultiJobFault, providerFault, status);
  }

  get providerFaults(): number {
    return new Set([...this.byProviderFault.keys(), ...this.byMultiJobFault.keys()]).size;
  }

  /** A row for each provider fault and each injected fault. */
  toString(): string {
    return [
      ...rowsOf('provider fault', this.byProviderFault, endings),
      '',
      ...rowsOf('injected fault', this.byInjectedFault, endings),
      '',
      ...rowsOf('provider fault, multi-job runs', this.byMultiJobFault, JobStatus.options),
    ].join('\n');
  }
}

const faultLabelOf = ({ faults }: Scenario): string => {
  switch (faults.at) {
    case 'nowhere':
      return 'none';
    case 'one call':
      return faults.kind;
    case 'two calls':
      return 'two of them';
    case 'an outage':
    case 'a broken step':
      return faults.at;
    case 'any call':
      return 'anywhere, by chance';
  }
};

const count = <Column>(table: Map<string, Map<Column, number>>, name: string, ending: Column): void => {
  const row = table.get(name) ?? new Map<Column, number>();
  row.set(ending, (row.get(ending) ?? 0) + 1);
  table.set(name, row);
};

const rowsOf = <Column extends string>(
  title: string,
  table: ReadonlyMap<string, ReadonlyMap<Column, number>>,
  columns: readonly Column[],
): string[] => {
  if (table.size === 0) return [];
  const seen = columns.filter((column) => [...table.values()].some((row) => row.has(column)));
  const width = Math.max(title.length, ...[...table.keys()].map((name) => name.length));
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}  ${cells.map((cell, index) => cell.padStart(seen[index]?.length ?? 0)).join('  ')}`;
  return [
    line(title, seen),
    ...[...table]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, row]) =>
        line(
          name,
          seen.map((column) => String(row.get(column) ?? '·')),
        ),
      ),
  ];
};

/** The violations of one job run, and the command that repeats it. */
export const complaint = ({ scenario, violations }: CheckedJobRun, command: string): string =>
  [
    `job ${scenario.number}: ${describe(scenario)}`,
    ...violations.map((each) => `  ${each}`),
    `  again: ${command}`,
  ].join('\n');
