import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { isEnded, type JobState } from '../../../core/jobs/job.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { stateOf, type Task } from '../../../simulator/tasks/task.ts';
import type { Invocation } from '../world/invocation.ts';
import { isMultiJobProvider, limitsOf } from './stage.ts';

const MINUTE_MS = 60_000;
// After 30 s, 1, 2, 4 and 8 min; one more with a changed key, after a resume, or by a crash.
const FIRST_TRIALS = 8;
const LONGEST_PAUSE_MS = 900_000;

interface Post {
  readonly atMs: number;
  readonly provider: string;
  readonly jobId: string;
}

/** What the world knows when an order arrives at the provider. */
export interface SubmitMoment {
  readonly nowMs: number;
  readonly states: readonly JobState[];
  readonly tasks: readonly Task[];
  readonly jobOfPrompt: ReadonlyMap<string, string>;
}

const Asked = z.object({
  RequestItems: z.record(z.string(), z.object({ Keys: z.array(z.object({ pk: z.string() })) })),
});

/** Stands at the provider's door: whether each order may come just now, by what was known when it was sent off. */
export class SubmitMonitor {
  readonly found = new Set<string>();
  readonly posts: Post[] = [];
  private readonly controlOf: (provider: string) => ProviderState;
  /** What a run of SubmitJob read of its provider before its order. */
  private readonly gates = new Map<Invocation, ProviderState>();
  /** The keys of the orders that tried a parked provider, by who tried and when they were let in. */
  private readonly probes = new Map<string, string[]>();
  /** How many orders tried it, by the moment from which it was parked. */
  private readonly trials = new Map<string, number>();

  constructor(controlOf: (provider: string) => ProviderState) {
    this.controlOf = controlOf;
  }

  recordBatchGet(input: unknown, invocation: Invocation | undefined): void {
    const keys = Object.values(Asked.parse(input).RequestItems).flatMap(({ Keys }) => Keys);
    const provider = keys.find(({ pk }) => pk.startsWith('PROVIDER#'))?.pk.slice('PROVIDER#'.length);
    if (invocation && provider !== undefined) this.gates.set(invocation, this.controlOf(provider));
  }

  recordPost(invocation: Invocation | undefined, { headers }: IncomingMessage, moment: SubmitMoment): void {
    const state = moment.states.find(({ jobId }) => jobId === invocation?.info.jobId);
    const gate = invocation && this.gates.get(invocation);
    if (!state?.provider || !gate) {
      this.found.add('an order of nobody, or without a look at its provider');
      return;
    }
    const { jobId, provider } = state;
    this.posts.push({ atMs: moment.nowMs, provider, jobId });
    this.expectWithinLimits(provider, moment);
    if (gate.pause) this.found.add(`${jobId} was ordered after a stop`);
    if (Date.parse(gate.pausedUntil ?? '') > moment.nowMs)
      this.found.add(`${jobId} was ordered in the pause until ${gate.pausedUntil}`);
    if (gate.breaker) this.recordProbe(jobId, gate.breaker, String(headers.authorization), moment.nowMs);
  }

  private recordProbe(
    jobId: string,
    { probe, retryAt, since }: NonNullable<ProviderState['breaker']>,
    key: string,
    nowMs: number,
  ): void {
    if (probe?.jobId !== jobId) {
      this.found.add(`${jobId} was ordered while ${probe?.jobId ?? 'nobody'} may try the parked provider`);
      return;
    }
    if (nowMs < Date.parse(retryAt)) this.found.add(`${jobId} tried before ${retryAt}`);
    this.expectFewTrials(since, nowMs);
    const trial = `${since} ${jobId} ${probe.since}`;
    const keys = this.probes.get(trial) ?? [];
    // A key that was changed meanwhile is tried at once.
    if (keys.includes(key)) this.found.add(`${jobId} tried twice within one probe`);
    this.probes.set(trial, [...keys, key]);
  }

  /** Pauses grow to a quarter of an hour: a few orders at first, then four an hour. */
  private expectFewTrials(since: string, nowMs: number): void {
    const count = (this.trials.get(since) ?? 0) + 1;
    this.trials.set(since, count);
    const most = FIRST_TRIALS + (nowMs - Date.parse(since)) / LONGEST_PAUSE_MS;
    if (count > most) this.found.add(`${count} orders tried the provider that is parked since ${since}`);
  }

  private expectWithinLimits(provider: string, moment: SubmitMoment): void {
    const { maxInFlight = Number.POSITIVE_INFINITY, submitsPerMinute = Number.POSITIVE_INFINITY } =
      isMultiJobProvider(provider) ? limitsOf(provider) : {};
    const lately = this.posts.filter(
      (post) => post.provider === provider && post.atMs > moment.nowMs - MINUTE_MS,
    ).length;
    if (lately > submitsPerMinute) this.found.add(`${lately} orders at ${provider} within a minute`);
    // This one comes to them.
    const inFlight = 1 + this.inFlight(provider, moment);
    if (inFlight > maxInFlight) this.found.add(`${inFlight} in flight at ${provider}`);
  }

  /** Of an order that nobody answered nobody knows whether there is a task; one that is overdue counts no more. */
  private inFlight(provider: string, { nowMs, states, tasks, jobOfPrompt }: SubmitMoment): number {
    return tasks.filter((task) => {
      const state = states.find(({ jobId }) => jobId === jobOfPrompt.get(task.submission.prompt));
      const isCounted = state && !isEnded(state) && state.status !== 'submit-unknown' && !state.overdue;
      return (
        isCounted &&
        this.posts.findLast(({ jobId, atMs }) => jobId === state.jobId && atMs <= task.createdAtMs)
          ?.provider === provider &&
        ['queued', 'running'].includes(stateOf(task, nowMs))
      );
    }).length;
  }

  /** After each of the first orders, which were refused with a pause: whatever left within it had left before. */
  pausesNotKept(refusals: number, seconds: number): string[] {
    return this.posts
      .slice(0, refusals)
      .flatMap(({ atMs }) =>
        this.posts
          .filter((post) => post.atMs > atMs + UNDER_WAY_MS && post.atMs < atMs + seconds * 1000)
          .map(
            (post) =>
              `${post.jobId} was ordered ${(post.atMs - atMs) / 1000} s after a refusal for ${seconds} s`,
          ),
      );
  }
}

/** From a job's last look at its provider until its order arrives there. */
const UNDER_WAY_MS = 3000;
