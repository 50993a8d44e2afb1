import type { Random } from './random.ts';

// Taken before virtual time replaces them: they let the real event loop run.
const realImmediate = setImmediate;
const realTimeout = setTimeout;

/** The duration of a call to the outside, in milliseconds. */
const CALL_MS = 4;

/** The most real milliseconds to wait for another thread. */
const MOST_THREAD_MS = 500;

interface Alarm {
  readonly atMs: number;
  readonly order: number;
  ring(): void;
}

/**
 * Virtual time, and the order of concurrent calls. Time passes only when no code has anything left to do.
 * Nothing really waits, so two days take milliseconds. The same seed gives the same run.
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

  /** Resolves when the caller may call outside. Of several that wait, the random numbers pick the next. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.turns.push(resolve));
  }

  /** Another thread is at work (unpacking). It gets real time before virtual time passes. */
  expectThreadWork(): void {
    this.threadWork = true;
  }

  /** Runs until nothing is left to do, or until this time. */
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

  /** Runs all code that needs no time to pass: a round of the event loop empties every tick queue. */
  private async settle(): Promise<void> {
    for (let rounds = 0; rounds < 2; rounds += 1) await new Promise((resolve) => realImmediate(resolve));
    if (!this.threadWork) return;
    // The unpacked data leads to a call to the outside.
    for (let tries = 0; tries < MOST_THREAD_MS && this.turns.length === 0; tries += 1)
      await new Promise((resolve) => realTimeout(resolve, 1));
    this.threadWork = false;
  }
}
