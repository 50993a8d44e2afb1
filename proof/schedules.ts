import type { Deployment } from './deployment.ts';
import type { Functions } from './functions.ts';
import type { Simulation } from './simulation.ts';
import type { Table } from './table.ts';

/** A sweep that changes nothing so often in a row would change nothing for ever. */
const MOST_IDLE_TICKS = 30;

/** The functions that the clock calls. Ticks at which nothing in the table is due are left out: there are 1,440 a day. */
export class Schedules {
  private readonly schedules: Deployment['schedules'];
  private readonly simulation: Simulation;
  private readonly functions: Functions;
  private readonly table: Table;
  private readonly planned = new Map<string, number>();
  private idleTicks = 0;

  constructor(
    schedules: Deployment['schedules'],
    simulation: Simulation,
    functions: Functions,
    table: Table,
  ) {
    this.schedules = schedules;
    this.simulation = simulation;
    this.functions = functions;
    this.table = table;
  }

  /** Something in the table is due then. */
  noteDue(dueAt: string | undefined): void {
    if (dueAt === undefined) return;
    for (const { functionName, everySeconds } of this.schedules)
      this.plan(functionName, everySeconds * 1000, Math.max(Date.parse(dueAt), this.simulation.now));
  }

  private plan(functionName: string, everyMs: number, notBeforeMs: number): void {
    const atMs = Math.ceil((notBeforeMs + 1) / everyMs) * everyMs;
    const planned = this.planned.get(functionName);
    if (planned !== undefined && planned <= atMs) return;
    this.planned.set(functionName, atMs);
    this.simulation.at(atMs, async () => {
      if (this.planned.get(functionName) !== atMs) return;
      this.planned.delete(functionName);
      const before = this.table.stream.length;
      if (this.earliestDue() <= this.simulation.now) {
        await this.functions.invoke(functionName, {});
        this.idleTicks = this.table.stream.length === before ? this.idleTicks + 1 : 0;
      }
      const next = this.earliestDue();
      if (next < Number.POSITIVE_INFINITY && this.idleTicks < MOST_IDLE_TICKS)
        this.plan(functionName, everyMs, Math.max(next, this.simulation.now));
    });
  }

  private earliestDue(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { due, dueAt } of this.table.raw)
      if (due && dueAt?.S) earliest = Math.min(earliest, Date.parse(dueAt.S));
    return earliest;
  }
}
