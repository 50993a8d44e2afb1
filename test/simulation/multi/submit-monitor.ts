import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { isEnded, type JobState } from '../../../core/jobs/job.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { stateOf, type Task } from '../../../simulator/tasks/task.ts';
import type { Invocation } from '../world/invocation.ts';
import { isMultiJobProvider, limitsOf } from './stage.ts';

const MINUTE_MS = 60_000;
// After 30 s, 1, 2, 4 and 8 min; one more each for a changed key, a resume and a crash.
const FIRST_TRIALS = 8;
const LONGEST_PAUSE_MS = 900_000;

interface Post {
  readonly atMs: number;
  readonly provider: string;
  readonly jobId: string;
}

/** The state of the world when a submit arrives at the provider. */
export interface SubmitMoment {
  readonly nowMs: number;
  readonly states: readonly JobState[];
  readonly tasks: readonly Task[];
  readonly jobOfPrompt: ReadonlyMap<string, string>;
}

const Asked = z.object({
  RequestItems: z.record(z.string(), z.object({ Keys: z.array(z.object({ pk: z.string() })) })),
});

/** Checks at the provider whether each submit was allowed, by what its sender had read. */
export class SubmitMonitor {
  readonly found = new Set<string>();
  readonly posts: Post[] = [];
  private readonly providerStateOf: (provider: string) => ProviderState;
  /** The provider state that a run of SubmitJob read before its submit. */
  private readonly gates = new Map<Invocation, ProviderState>();
  /** The keys that probes of an open circuit used, by job and admission. */
  private readonly probes = new Map<string, string[]>();
  /** The number of probes, by the moment the circuit opened. */
  private readonly trials = new Map<string, number>();

  constructor(providerStateOf: (provider: string) => ProviderState) {
    this.providerStateOf = providerStateOf;
  }

  recordBatchGet(input: unknown, invocation: Invocation | undefined): void {
    const keys = Object.values(Asked.parse(input).RequestItems).flatMap(({ Keys }) => Keys);
    const provider = keys.find(({ pk }) => pk.startsWith('PROVIDER#'))?.pk.slice('PROVIDER#'.length);
    if (invocation && provider !== undefined) this.gates.set(invocation, this.providerStateOf(provider));
  }

  recordPost(invocation: Invocation | undefined, { headers }: IncomingMessage, moment: SubmitMoment): void {
    const state = moment.states.find(({ jobId }) => jobId === invocation?.info.jobId);
    const gate = invocation && this.gates.get(invocation);
    if (!state?.provider || !gate) {
      this.found.add('a submit without a job, or without a read of the provider state');
      return;
    }
    const { jobId, provider } = state;
    this.posts.push({ atMs: moment.nowMs, provider, jobId });
    this.expectWithinLimits(provider, moment);
    if (gate.pause) this.found.add(`${jobId} was submitted to a paused provider`);
    if (Date.parse(gate.pausedUntil ?? '') > moment.nowMs)
      this.found.add(`${jobId} was submitted in the pause until ${gate.pausedUntil}`);
    if (gate.breaker) this.recordProbe(jobId, gate.breaker, String(headers.authorization), moment.nowMs);
  }

  private recordProbe(
    jobId: string,
    { probe, retryAt, since }: NonNullable<ProviderState['breaker']>,
    key: string,
    nowMs: number,
  ): void {
    if (probe?.jobId !== jobId) {
      this.found.add(`${jobId} was submitted while ${probe?.jobId ?? 'no job'} is the probe`);
      return;
    }
    if (nowMs < Date.parse(retryAt)) this.found.add(`${jobId} probed before ${retryAt}`);
    this.expectFewTrials(since, nowMs);
    const trial = `${since} ${jobId} ${probe.since}`;
    const keys = this.probes.get(trial) ?? [];
    // A changed key may be tried at once.
    if (keys.includes(key)) this.found.add(`${jobId} submitted twice within one probe`);
    this.probes.set(trial, [...keys, key]);
  }

  /** Pauses grow to a quarter of an hour: a few probes at first, then four an hour. */
  private expectFewTrials(since: string, nowMs: number): void {
    const count = (this.trials.get(since) ?? 0) + 1;
    this.trials.set(since, count);
    const most = FIRST_TRIALS + (nowMs - Date.parse(since)) / LONGEST_PAUSE_MS;
    if (count > most) this.found.add(`${count} probes since the circuit opened at ${since}`);
  }

  private expectWithinLimits(provider: string, moment: SubmitMoment): void {
    const { maxInFlight = Number.POSITIVE_INFINITY, submitsPerMinute = Number.POSITIVE_INFINITY } =
      isMultiJobProvider(provider) ? limitsOf(provider) : {};
    const lately = this.posts.filter(
      (post) => post.provider === provider && post.atMs > moment.nowMs - MINUTE_MS,
    ).length;
    if (lately > submitsPerMinute) this.found.add(`${lately} submits to ${provider} within a minute`);
    // This submit adds one.
    const inFlight = 1 + this.inFlight(provider, moment);
    if (inFlight > maxInFlight) this.found.add(`${inFlight} in flight at ${provider}`);
  }

  /** Tasks of open jobs. An unanswered submit may have no task, and an overdue job no longer counts. */
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

  /** The first submits were refused with a pause. Only submits that were under way may arrive within the pause. */
  pausesNotKept(refusals: number, seconds: number): string[] {
    return this.posts
      .slice(0, refusals)
      .flatMap(({ atMs }) =>
        this.posts
          .filter((post) => post.atMs > atMs + UNDER_WAY_MS && post.atMs < atMs + seconds * 1000)
          .map(
            (post) =>
              `${post.jobId} was submitted ${(post.atMs - atMs) / 1000} s after a refusal for ${seconds} s`,
          ),
      );
  }
}

/** From a job's last read of the provider state until its submit arrives. */
const UNDER_WAY_MS = 3000;
