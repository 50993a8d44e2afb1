import { JobStatus } from '../../core/kernel/contract.ts';
import type { Ending } from './faults/provider-faults.ts';
import type { CrowdMessage } from './multi/worker-client.ts';
import type { Proven } from './single/run.ts';
import { describe, type Plan } from './single/scenario.ts';

const endings: readonly Ending[] = [
  'stored',
  'failed free',
  'failed, a person told',
  'submit unknown',
  'cancelled',
  'not accepted',
  'waits',
  'open, a person told',
  'stuck',
];

/** Counts endings by what the jobs met. */
export class Outcomes {
  private readonly byTrouble = new Map<string, Map<Ending, number>>();
  private readonly byAccident = new Map<string, Map<Ending, number>>();
  private readonly inCrowds = new Map<string, Map<string, number>>();
  jobs = 0;
  /** Of the jobs, those that came alone. */
  alone = 0;
  crowds = 0;
  calls = 0;
  accidents = 0;

  add({ plan, ending, calls, accidents }: Proven): void {
    this.jobs += 1;
    this.alone += 1;
    this.calls += calls;
    this.accidents += accidents;
    count(this.byTrouble, plan.trouble.name, ending);
    count(this.byAccident, accidentOf(plan), ending);
  }

  addCrowd({ trouble, statuses, calls, accidents }: CrowdMessage): void {
    this.crowds += 1;
    this.jobs += statuses.length;
    this.calls += calls;
    this.accidents += accidents;
    for (const status of statuses) count(this.inCrowds, trouble, status);
  }

  get troubles(): number {
    return new Set([...this.byTrouble.keys(), ...this.inCrowds.keys()]).size;
  }

  /** A row for each fault and each kind of accident. */
  toString(): string {
    return [
      ...rowsOf('fault at the provider', this.byTrouble, endings),
      '',
      ...rowsOf('accident on our side', this.byAccident, endings),
      '',
      ...rowsOf('fault, in crowds', this.inCrowds, JobStatus.options),
    ].join('\n');
  }
}

const accidentOf = ({ accidents }: Plan): string => {
  switch (accidents.at) {
    case 'nowhere':
      return 'none';
    case 'one call':
      return accidents.kind;
    case 'two calls':
      return 'two of them';
    case 'an outage':
    case 'a broken step':
      return accidents.at;
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

/** How to run one job again, and what was wrong with it. */
export const complaint = ({ plan, violations }: Proven, command: string): string =>
  [
    `job ${plan.number}: ${describe(plan)}`,
    ...violations.map((each) => `  ${each}`),
    `  again: ${command}`,
  ].join('\n');
