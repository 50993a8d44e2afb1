import { describe, type Plan } from './plan.ts';
import type { Proven } from './prove.ts';
import type { Ending } from './troubles.ts';

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
  jobs = 0;
  calls = 0;
  accidents = 0;

  add({ plan, ending, calls, accidents }: Proven): void {
    this.jobs += 1;
    this.calls += calls;
    this.accidents += accidents;
    count(this.byTrouble, plan.trouble.name, ending);
    count(this.byAccident, accidentOf(plan), ending);
  }

  get troubles(): number {
    return this.byTrouble.size;
  }

  /** Two tables, a row for each fault and each kind of accident. */
  toString(): string {
    return [
      ...rowsOf('fault at the provider', this.byTrouble),
      '',
      ...rowsOf('accident on our side', this.byAccident),
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

const count = (table: Map<string, Map<Ending, number>>, name: string, ending: Ending): void => {
  const row = table.get(name) ?? new Map<Ending, number>();
  row.set(ending, (row.get(ending) ?? 0) + 1);
  table.set(name, row);
};

const rowsOf = (title: string, table: ReadonlyMap<string, ReadonlyMap<Ending, number>>): string[] => {
  const seen = endings.filter((ending) => [...table.values()].some((row) => row.has(ending)));
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
          seen.map((ending) => String(row.get(ending) ?? '·')),
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
