import type { Random } from './random.ts';

// Taken before anything is replaced: this is how the real event loop is let run.
const realImmediate = setImmediate;
const realTimeout = setTimeout;

/** Milliseconds that a call to the outside takes. */
const CALL_MS = 4;

/** Real milliseconds that another thread is given, at most. */
const MOST_THREAD_MS = 500;

interface Alarm {
  readonly atMs: number;
  readonly order: number;
  ring(): void;
}

/**
 * Time that passes only when nobody has anything left to do, and the order in which those who run at once get their turns.
 * Nothing waits for real, so two days are milliseconds; the same seed gives the same course.
 */
export class Scheduler {
  readonly random: Random;
  private nowMs: number;
  private alarms: Alarm[] = [];
  private readonly turns: (() => void)[] = [];
  private count = 0;
  private threadWork = false;

  constructor(startMs: number, random: Random) {
    this.nowMs = startMs;
    this.random = random;
  }

  get now(): number {
    return this.nowMs;
  }

  at(atMs: number, ring: () => void): Alarm {
    this.count += 1;
    const alarm = { atMs, order: this.count, ring };
    this.alarms.push(alarm);
    return alarm;
  }

  after(ms: number, ring: () => void): Alarm {
    return this.at(this.nowMs + Math.max(0, ms), ring);
  }

  cancel(alarm: Alarm): void {
    this.alarms = this.alarms.filter((each) => each !== alarm);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Resolves when it is the caller's turn to reach outside; of several who wait, chance says who is next. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.turns.push(resolve));
  }

  /** Something is being done by another thread (unpacking): it gets real time before time goes on here. */
  expectThreadWork(): void {
    this.threadWork = true;
  }

  /** Runs until nobody has anything left to do, or until then. */
  async run(untilMs: number): Promise<void> {
    for (;;) {
      await this.settle();
      const alarm = this.nextAlarm();
      if (this.turns.length > 0 && (!alarm || alarm.atMs > this.nowMs)) {
        const [turn] = this.turns.splice(this.random.below(this.turns.length), 1);
        this.nowMs += CALL_MS;
        turn?.();
        continue;
      }
      if (!alarm || alarm.atMs > untilMs) return;
      this.cancel(alarm);
      this.nowMs = Math.max(this.nowMs, alarm.atMs);
      alarm.ring();
    }
  }

  private nextAlarm(): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.alarms)
      if (!next || alarm.atMs < next.atMs || (alarm.atMs === next.atMs && alarm.order < next.order))
        next = alarm;
    return next;
  }

  /** Lets everything run that can run without time passing: a round of the event loop empties every queue of ticks. */
  private async settle(): Promise<void> {
    for (let rounds = 0; rounds < 2; rounds += 1) await new Promise((resolve) => realImmediate(resolve));
    if (!this.threadWork) return;
    // What is unpacked goes somewhere, and that is a call to the outside.
    for (let tries = 0; tries < MOST_THREAD_MS && this.turns.length === 0; tries += 1)
      await new Promise((resolve) => realTimeout(resolve, 1));
    this.threadWork = false;
  }
}
