import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { JobState } from '../../../core/jobs/job.ts';
import { newProviderState, ProviderState } from '../../../core/queue/provider-state.ts';
import { Racing } from '../faults/interleaving.ts';
import { Course } from '../single/job-run.ts';
import type { Afterwards } from '../single/scenario.ts';
import { place } from '../world/context.ts';
import type { Deployment } from '../world/deployment.ts';
import type { StreamRecord } from '../world/dynamodb/table.ts';
import type { Accident, CallNote, Invocation } from '../world/invocation.ts';
import { secretOf, TABLE } from '../world/names.ts';
import { Person } from '../world/operator.ts';
import { QueueWatch } from './queue-monitor.ts';
import type { CrowdPlan } from './scenario.ts';
import { limitsOf, SPARE } from './stage.ts';
import { OrderWatch } from './submit-monitor.ts';

const ACCOUNT = '111122223333';

/** Several jobs of several owners at one provider with limits: whoever has no slot or no time waits. */
export class Crowd extends Course {
  readonly queue = new QueueWatch((provider) => this.controlOf(provider));
  readonly orders = new OrderWatch((provider) => this.controlOf(provider));
  private readonly crowd: CrowdPlan;
  private readonly racing: Racing | undefined;

  constructor(plan: CrowdPlan, deployment: Deployment) {
    super(plan, deployment);
    this.crowd = plan;
    this.racing = plan.race && new Racing(plan.race, plan.provider, this.stageOfRace(plan));
    this.table.onAsk = (command, input) => {
      const invocation = place.getStore()?.invocation;
      if (command === 'QueryCommand') this.queue.noteQuery(input, invocation);
      if (command === 'BatchGetCommand') this.orders.noteBatchGet(input, invocation);
    };
  }

  protected override get watchedMs(): number {
    return this.crowd.watchedMs;
  }

  protected override arrive(): void {
    const { crowd, simulation } = this;
    this.writeLimits();
    if (crowd.areSlotsLeaked) this.leakSlots();
    for (const [number, { owner, afterMs, prompt }] of crowd.orders.entries())
      simulation.after(afterMs, () => void this.order(owner, prompt, number));
    if (crowd.hold) {
      simulation.after(crowd.hold.fromMs, () => void this.person.pause(crowd.provider));
      simulation.after(crowd.hold.toMs, () => void this.person.resume(crowd.provider));
    }
    const { redrive } = crowd;
    if (redrive) simulation.after(redrive.afterMs, () => this.redriveAll(redrive.wish));
  }

  private order(owner: string, prompt: string, number: number): Promise<void> {
    const { provider, order: said } = this.crowd;
    const caller = `arn:aws:sts::${ACCOUNT}:assumed-role/${owner}/instance`;
    const person = new Person(this.functions, this.simulation, (text) => void this.traces.push(text), caller);
    return person.order({ prompt, provider, ...said }, `order-${number}`);
  }

  /** Whoever got no answer asks once more, and says by the same key that it is the same. */
  private submitAgain(): void {
    const number = this.random.below(this.crowd.orders.length);
    const order = this.crowd.orders[number];
    if (order) void this.order(order.owner, order.prompt, number);
  }

  /** What each owner may spend in a day. */
  private writeLimits(): void {
    for (const owner of new Set([...this.crowd.orders.map((order) => order.owner), 'Newcomer']))
      this.put({ pk: `OWNER#${ACCOUNT}:${owner}`, sk: 'LIMITS', dailyDollars: this.crowd.dailyMicros / 1e6 });
  }

  /** A hand in the table did this. */
  private leakSlots(): void {
    const { provider } = this.crowd;
    const since = new Date(this.simulation.now).toISOString();
    for (let number = 0; number < (limitsOf(provider).maxInFlight ?? 0); number += 1)
      this.put({
        pk: `SLOT#${provider}`,
        sk: String(number).padStart(4, '0'),
        jobId: 'nobody',
        run: 1,
        since,
      });
  }

  private put(Item: Record<string, unknown>): void {
    this.table.send('PutCommand', { TableName: TABLE, Item }, {});
  }

  protected override afterwards(): boolean {
    return this.redriveAll(this.plan.afterwards);
  }

  /** A person wants the same of every job that went wrong. Answers whether there was any. */
  private redriveAll(wish: Afterwards): boolean {
    if (wish === 'nothing') return false;
    const wrong = this.states().filter(({ status }) => status === 'failed' || status === 'submit-unknown');
    for (const { jobId } of wrong) {
      const prompt = [...this.jobOfPrompt()].find(([, id]) => id === jobId)?.[0];
      // Only this dialect shows a task by the id that the gateway has for it.
      const task = this.provider.tasks.find(
        ({ dialect, submission }) => dialect === 'gptproto' && submission.prompt === prompt,
      );
      this.person.redrive(jobId, wish, task?.id);
    }
    return wrong.length > 0;
  }

  protected override secret(id: string): string | undefined {
    return id === secretOf(SPARE) ? this.vault.key : super.secret(id);
  }

  override at(call: CallNote): Accident | undefined {
    return this.racing ? this.racing.at(call) : super.at(call);
  }

  override befall(accident: Accident): void | Promise<void> {
    if (accident === 'interrupted') return this.racing?.interrupt();
    if (accident === 'told-again') return this.submitAgain();
    const states = this.states();
    if (states.length === 0) return;
    const state = this.random.pick(states);
    if (accident === 'cancelled') void this.person.cancel(state.jobId, this.random.next() < 0.5);
    else if (accident === 'restarted') this.restart(state);
    else if (accident === 'execution-lost') return super.befall(accident);
  }

  private stageOfRace({ provider }: CrowdPlan) {
    return {
      functions: this.functions,
      executions: this.executions,
      simulation: this.simulation,
      person: this.person,
      states: () => this.states(),
      tokensIn: (kind: 'QUEUE' | 'SLOT') =>
        this.table
          .all(({ pk }) => pk?.S === `${kind}#${provider}`)
          .sort((one, other) => (String(one.sk) < String(other.sk) ? -1 : 1))
          .map(({ token }) => String(token)),
      restart: (state: JobState) => this.restart(state),
      order: () => this.order('Newcomer', 'A shoe turns. #new', this.crowd.orders.length),
    };
  }

  protected override notePost(invocation: Invocation | undefined, request: IncomingMessage): void {
    this.orders.notePost(invocation, request, {
      nowMs: this.simulation.now,
      states: this.states(),
      tasks: this.provider.tasks,
      jobOfPrompt: this.jobOfPrompt(),
    });
    for (const { pk, committedMicros } of this.table.all(({ pk }) => pk?.S?.startsWith('BUDGET#') === true))
      if (Number(committedMicros) > this.crowd.dailyMicros)
        this.orders.found.add(`${pk} holds ${committedMicros}`);
  }

  protected override noteChange(record: StreamRecord): void {
    this.queue.noteChange(record, place.getStore()?.invocation);
  }

  private controlOf(provider: string): ProviderState {
    const [item] = this.table.all(({ pk, sk }) => pk?.S === `PROVIDER#${provider}` && sk?.S === 'CONTROL');
    return item ? ProviderState.parse(item) : newProviderState;
  }

  /** How many more payments people agreed to, by job. */
  get confirmed(): ReadonlyMap<string, number> {
    return this.person.confirmed;
  }

  /** The jobs by what they ask for: each prompt is one job's own. */
  jobOfPrompt(): ReadonlyMap<string, string> {
    return new Map(
      this.table
        .all(({ sk }) => sk?.S === 'REQUEST')
        .map((item) => {
          const { pk, parameters } = Request.parse(item);
          return [parameters.prompt, pk.slice('J#'.length)] as const;
        }),
    );
  }
}

const Request = z.object({ pk: z.string(), parameters: z.object({ prompt: z.string() }) });
