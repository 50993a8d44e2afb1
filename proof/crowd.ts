import * as z from 'zod';
import { isEnded, type JobState } from '../core/job.ts';
import { chargedMicrosOf, stateOf } from '../local/gateway/tasks.ts';
import { Course } from './course.ts';
import { type CrowdLimits, DAILY_MICROS, limitsOf } from './crowd-stage.ts';
import { executionViolations, oldRunViolations, secretViolations, videoViolations } from './invariants.ts';
import type { Accident } from './invocation.ts';
import { Person } from './person.ts';
import type { Remains } from './remains.ts';
import { modelOf } from './stage.ts';
import { HOUR } from './world.ts';

const OWNERS = ['Shop', 'Studio', 'Press'];
const MINUTE_MS = 60_000;

/** Several jobs of several owners at one provider with limits: whoever has no slot or no time waits. */
export class Crowd extends Course {
  private readonly limits: CrowdLimits;
  private readonly size: number;
  private readonly ownerCount: number;
  private readonly submits: number[] = [];
  readonly found = new Set<string>();

  constructor(...given: ConstructorParameters<typeof Course>) {
    super(...given);
    this.limits = limitsOf(this.providerName);
    this.size = 6 + this.random.below(7);
    this.ownerCount = 2 + this.random.below(2);
  }

  private get providerName(): string {
    return ['narrow', 'slow', 'narrow-and-slow'][this.plan.number % 3] ?? 'narrow';
  }

  protected override get watchedMs(): number {
    return 40 * HOUR;
  }

  protected override arrive(): void {
    for (let number = 0; number < this.size; number += 1) {
      // The first of them has most of the jobs, and comes first.
      const owner = OWNERS[Math.max(0, number - this.size + this.ownerCount)] ?? 'Shop';
      const person = new Person(
        this.functions,
        this.simulation,
        (text) => void this.traces.push(text),
        `arn:aws:sts::111122223333:assumed-role/${owner}/instance`,
      );
      const order = {
        prompt: `A shoe turns. #${number}`,
        provider: this.providerName,
        model: modelOf('gptproto'),
      };
      const after =
        owner === 'Shop' ? this.random.below(2) * this.random.below(MINUTE_MS / 6) : MINUTE_MS / 2;
      this.simulation.after(after, () => {
        void person.order(order, `order-${number}`);
      });
    }
  }

  override befall(accident: Accident): void {
    const states = this.states();
    if (states.length === 0) return;
    const state = this.random.pick(states);
    if (accident === 'cancelled') this.person.cancel(state.jobId, this.random.next() < 0.5);
    else if (accident === 'restarted') this.restart(state);
    else if (accident === 'execution-lost') super.befall(accident);
  }

  protected override notePost(): void {
    const { now } = this.simulation;
    this.submits.push(now);
    const { maxInFlight = Number.POSITIVE_INFINITY, submitsPerMinute = Number.POSITIVE_INFINITY } =
      this.limits;
    const lately = this.submits.filter((at) => at > now - MINUTE_MS).length;
    if (lately > submitsPerMinute) this.found.add(`${lately} orders within a minute`);
    // This one comes to them.
    const inFlight = 1 + this.inFlight(now);
    if (inFlight > maxInFlight) this.found.add(`${inFlight} in flight at the provider`);
    for (const { pk, committedMicros } of this.table.all(({ pk }) => pk?.S?.startsWith('BUDGET#') === true))
      if (Number(committedMicros) > DAILY_MICROS) this.found.add(`${pk} holds ${committedMicros}`);
  }

  /** Of an order that nobody answered nobody knows whether there is a task; one that is overdue counts no more. */
  private inFlight(now: number): number {
    const byPrompt = this.byPrompt();
    return this.provider.tasks.filter((task) => {
      const state = byPrompt.get(task.submission.prompt);
      const isCounted = state && !isEnded(state) && state.status !== 'submit-unknown' && !state.overdue;
      return isCounted && ['queued', 'running'].includes(stateOf(task, now));
    }).length;
  }

  private byPrompt(): Map<string, JobState> {
    const states = new Map(this.states().map((state) => [`J#${state.jobId}`, state]));
    const requests = this.table.all(({ sk }) => sk?.S === 'REQUEST');
    return new Map(
      requests.flatMap((item) => {
        const { pk, parameters } = Request.parse(item);
        const state = states.get(pk);
        return state ? [[parameters.prompt, state] as const] : [];
      }),
    );
  }

  /** What is wrong at the end. */
  judge(remains: Remains): string[] {
    const { items, states, endedAtMs } = remains;
    const left = items.filter(({ pk }) => /^(SLOT|QUEUE)#/.test(String(pk)));
    const open = states.filter((state) => !isEnded(state) && state.status !== 'submit-unknown');
    const found = [
      ...this.found,
      ...left.map(({ pk, sk }) => `${pk} ${sk} is left`),
      ...open
        .filter(({ attention }) => attention === undefined)
        .map(({ jobId, status, run }) => `job ${jobId} is ${status} in run ${run}, and no person is told`),
      ...(states.length < this.size && remains.accidents.length < 3
        ? [`${this.size} orders, ${states.length} jobs`]
        : []),
      ...oldRunViolations(remains),
      ...secretViolations(remains),
      ...executionViolations(remains),
      ...remains.dead.map((what) => `given up: ${what.slice(0, 300)}`),
      ...states
        .filter(({ status }) => status === 'succeeded')
        .flatMap((each) => videoViolations(remains, each)),
    ];
    const byPrompt = this.byPrompt();
    let chargedMicros = 0;
    const seen = new Set<string>();
    for (const task of this.provider.tasks) {
      const { prompt } = task.submission;
      if (seen.has(prompt)) found.push(`${prompt} was ordered twice`);
      seen.add(prompt);
      const state = byPrompt.get(prompt);
      const isKnown = state?.status === 'succeeded' || state?.failure?.charged === 'yes';
      if (isKnown) chargedMicros += chargedMicrosOf(task, endedAtMs);
      else if (state?.failure?.charged === 'no' && chargedMicrosOf(task, endedAtMs) > 0)
        found.push(`${prompt} is called free, but charged`);
    }
    const spent = sumOf(items, 'STATS#', 'micros');
    if (spent !== chargedMicros) found.push(`spent ${spent}, charged ${chargedMicros}`);
    const committed = sumOf(items, 'BUDGET#', 'committedMicros');
    const held = states.reduce((sum, state) => sum + heldBy(state), 0);
    if (committed !== held) found.push(`the budgets hold ${committed}, the jobs ${held}`);
    return found;
  }

  /**
   * In a world where nothing goes wrong an owner's only job waits for those that were let in before it, and for two of each other
   * owner's: however many those have.
   */
  starved(): string[] {
    const { maxInFlight = this.size, submitsPerMinute = this.size } = this.limits;
    // Times are given away a minute ahead.
    const letIn = Math.min(maxInFlight, submitsPerMinute + 1);
    const most = letIn + 2 * (this.ownerCount - 1);
    const states = this.states();
    return states
      .filter(({ owner }) => !owner.endsWith(':Shop'))
      .flatMap(({ owner, createdAt, submittedAt }) => {
        if (submittedAt === undefined) return [];
        const before = states.filter(
          (other) =>
            other.submittedAt !== undefined &&
            other.submittedAt > createdAt &&
            other.submittedAt < submittedAt,
        ).length;
        return before > most ? [`${owner} waited for ${before} others, ${most} would be fair`] : [];
      });
  }
}

const Request = z.object({ pk: z.string(), parameters: z.object({ prompt: z.string() }) });

/** What a job may cost by what became of it, counted anew. */
const heldBy = ({ status, priceMicros = 0, costMicros, failure, reserved }: JobState): number => {
  if (reserved === undefined) return 0;
  if (status === 'succeeded') return costMicros ?? priceMicros;
  return failure?.charged === 'no' ? 0 : priceMicros;
};

const sumOf = (items: Remains['items'], prefix: string, field: string): number =>
  items
    .filter(({ pk }) => String(pk).startsWith(prefix))
    .reduce((sum, item) => sum + Number(item[field] ?? 0), 0);
