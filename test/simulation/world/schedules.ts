import type { Deployment } from './deployment.ts';
import type { Table } from './dynamodb/table.ts';
import type { Attribute } from './dynamodb/values.ts';
import type { Functions } from './functions.ts';
import type { Scheduler } from './scheduler.ts';

/** After this many sweeps without a change, no later sweep would change anything. */
const MOST_IDLE_TICKS = 30;
// A sweep without a change delays the next one, up to this many minutes, so that a day of waiting is no thousand sweeps.
const LONGEST_IDLE = 16;
// The ages at which the sweeper checks a slot and a probe, and how far ahead send slots are reserved.
const SLOT_SECONDS = 60;
const PROBE_SECONDS = 600;
const AHEAD_SECONDS = 60;

// It reads the list of the inbox, and writes how far it came at every tick. Every drop of this world has its event.
const INBOX_SWEEP = 'sweep-inbox';

/** Runs the scheduled functions. It skips the ticks at which nothing in the table is due: there are 1,440 a day. */
export class Schedules {
  private readonly schedules: Deployment['schedules'];
  private readonly scheduler: Scheduler;
  private readonly functions: Functions;
  private readonly table: Table;
  private readonly planned = new Map<string, number>();
  private idleTicks = 0;

  constructor(schedules: Deployment['schedules'], scheduler: Scheduler, functions: Functions, table: Table) {
    this.schedules = schedules.filter(({ functionName }) => functionName !== INBOX_SWEEP);
    this.scheduler = scheduler;
    this.functions = functions;
    this.table = table;
  }

  /** Plans the next tick after a change of the table. */
  recordChange(): void {
    const next = this.earliestDue();
    if (next === Number.POSITIVE_INFINITY) return;
    for (const { functionName, everySeconds } of this.schedules)
      this.plan(functionName, everySeconds * 1000, Math.max(next, this.scheduler.now));
  }

  private plan(functionName: string, everyMs: number, notBeforeMs: number): void {
    const atMs = Math.ceil((notBeforeMs + 1) / everyMs) * everyMs;
    const planned = this.planned.get(functionName);
    if (planned !== undefined && planned <= atMs) return;
    this.planned.set(functionName, atMs);
    this.scheduler.at(atMs, async () => {
      if (this.planned.get(functionName) !== atMs) return;
      this.planned.delete(functionName);
      const before = this.table.stream.length;
      if (this.earliestDue() <= this.scheduler.now) {
        await this.functions.invoke(functionName, {});
        this.idleTicks = this.table.stream.length === before ? this.idleTicks + 1 : 0;
      }
      const next = this.earliestDue();
      if (next < Number.POSITIVE_INFINITY && this.idleTicks < MOST_IDLE_TICKS)
        this.plan(
          functionName,
          everyMs,
          Math.max(next, this.scheduler.now + (Math.min(2 ** this.idleTicks, LONGEST_IDLE) - 1) * everyMs),
        );
    });
  }

  private earliestDue(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { pk, due, dueAt, since } of this.table.raw) {
      const [kind, provider = ''] = (pk?.S ?? '').split('#');
      if (due && dueAt?.S) earliest = Math.min(earliest, Date.parse(dueAt.S));
      if (kind === 'SLOT') earliest = Math.min(earliest, timeOf(since) + SLOT_SECONDS * 1000);
      if (kind === 'QUEUE') earliest = Math.min(earliest, this.goesOnAt(provider));
    }
    return earliest;
  }

  /** When the provider state allows the next admission. */
  private goesOnAt(provider: string): number {
    for (const { pk, sk, breaker, pausedUntil, nextSubmitAt } of this.table.raw) {
      if (pk?.S !== `PROVIDER#${provider}` || sk?.S !== 'CONTROL') continue;
      const probedAt = timeOf(breaker?.M?.probe?.M?.since);
      const opensAt = Math.max(timeOf(breaker?.M?.retryAt), timeOf(pausedUntil), timeOf(nextSubmitAt));
      return probedAt > 0 ? probedAt + PROBE_SECONDS * 1000 : opensAt - AHEAD_SECONDS * 1000;
    }
    return 0;
  }
}

/** The time of a value; 0 for none. */
const timeOf = (value: Attribute | undefined): number => (value?.S === undefined ? 0 : Date.parse(value.S));
