import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { JobState } from '../../../core/jobs/job.ts';
import { newProviderState, ProviderState } from '../../../core/queue/provider-state.ts';
import { Interleaving } from '../faults/interleaving.ts';
import { JobRun } from '../single/job-run.ts';
import type { Call, Fault } from '../world/call.ts';
import { simulatedContext } from '../world/context.ts';
import type { Deployment } from '../world/deployment.ts';
import type { StreamRecord } from '../world/dynamodb/table.ts';
import type { Invocation } from '../world/invocation.ts';
import { secretOf, TABLE } from '../world/names.ts';
import type { OperatorAction } from '../world/operator.ts';
import { Operator } from '../world/operator.ts';
import { QueueMonitor } from './queue-monitor.ts';
import type { MultiJobScenario } from './scenario.ts';
import { limitsOf, SPARE } from './stage.ts';
import { SubmitMonitor } from './submit-monitor.ts';

const ACCOUNT = '111122223333';

/** Several jobs of several owners at one provider with limits. Jobs without a slot or a send slot wait. */
export class MultiJobRun extends JobRun {
  readonly queue = new QueueMonitor((provider) => this.providerStateOf(provider));
  readonly submits = new SubmitMonitor((provider) => this.providerStateOf(provider));
  private readonly multiJob: MultiJobScenario;
  private readonly interleaving: Interleaving | undefined;

  constructor(scenario: MultiJobScenario, deployment: Deployment) {
    super(scenario, deployment);
    this.multiJob = scenario;
    this.interleaving =
      scenario.race && new Interleaving(scenario.race, scenario.provider, this.raceWorld(scenario));
    this.table.onRequest = (command, input) => {
      const invocation = simulatedContext.getStore()?.invocation;
      if (command === 'QueryCommand') this.queue.recordQuery(input, invocation);
      if (command === 'BatchGetCommand') this.submits.recordBatchGet(input, invocation);
    };
  }

  protected override get watchedMs(): number {
    return this.multiJob.watchedMs;
  }

  protected override arrive(): void {
    const { multiJob, scheduler } = this;
    this.writeLimits();
    if (multiJob.areSlotsLeaked) this.leakSlots();
    for (const [number, { owner, afterMs, prompt }] of multiJob.requests.entries())
      scheduler.after(afterMs, () => void this.requestJob(owner, prompt, number));
    if (multiJob.pause) {
      scheduler.after(multiJob.pause.fromMs, () => void this.operator.pause(multiJob.provider));
      scheduler.after(multiJob.pause.toMs, () => void this.operator.resume(multiJob.provider));
    }
    const { redrive } = multiJob;
    if (redrive) scheduler.after(redrive.afterMs, () => this.actOnFailedJobs(redrive.action));
  }

  private requestJob(owner: string, prompt: string, number: number): Promise<void> {
    const { provider, parameters } = this.multiJob;
    const caller = `arn:aws:sts::${ACCOUNT}:assumed-role/${owner}/instance`;
    const operator = new Operator(
      this.functions,
      this.scheduler,
      (text) => void this.traces.push(text),
      caller,
    );
    return operator.requestJob({ prompt, provider, ...parameters }, `order-${number}`);
  }

  /** A caller without an answer repeats its request with the same idempotency key. */
  private repeatRequest(): void {
    const number = this.random.below(this.multiJob.requests.length);
    const request = this.multiJob.requests[number];
    if (request) void this.requestJob(request.owner, request.prompt, number);
  }

  /** The daily budget of each owner. */
  private writeLimits(): void {
    for (const owner of new Set([...this.multiJob.requests.map(({ owner }) => owner), 'Newcomer']))
      this.put({
        pk: `OWNER#${ACCOUNT}:role/${owner}`,
        sk: 'LIMITS',
        dailyDollars: this.multiJob.dailyMicros / 1e6,
      });
  }

  /** Slots of jobs that do not exist, as after a manual edit of the table. */
  private leakSlots(): void {
    const { provider } = this.multiJob;
    const since = new Date(this.scheduler.now).toISOString();
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

  protected override finalAction(): boolean {
    return this.actOnFailedJobs(this.scenario.finalAction);
  }

  /** An operator applies one action to every failed job. Answers whether there was any. */
  private actOnFailedJobs(action: OperatorAction): boolean {
    if (action === 'nothing') return false;
    const wrong = this.states().filter(({ status }) => status === 'failed' || status === 'submit-unknown');
    for (const { jobId } of wrong) {
      const prompt = [...this.jobOfPrompt()].find(([, id]) => id === jobId)?.[0];
      // Only this dialect uses the gateway's own id of a task.
      const task = this.provider.tasks.find(
        ({ dialect, submission }) => dialect === 'gptproto' && submission.prompt === prompt,
      );
      this.operator.redrive(jobId, action, task?.id);
    }
    return wrong.length > 0;
  }

  protected override secret(id: string): string | undefined {
    return id === secretOf(SPARE) ? this.secrets.key : super.secret(id);
  }

  override at(call: Call): Fault | undefined {
    return this.interleaving ? this.interleaving.at(call) : super.at(call);
  }

  override inject(fault: Fault): void | Promise<void> {
    if (fault === 'interrupted') return this.interleaving?.interrupt();
    if (fault === 'notified-again') return this.repeatRequest();
    const states = this.states();
    if (states.length === 0) return;
    const state = this.random.pick(states);
    if (fault === 'cancelled') void this.operator.cancel(state.jobId, this.random.next() < 0.5);
    else if (fault === 'restarted') this.restart(state);
    else if (fault === 'execution-lost') return super.inject(fault);
  }

  private raceWorld({ provider }: MultiJobScenario) {
    return {
      functions: this.functions,
      executions: this.executions,
      scheduler: this.scheduler,
      operator: this.operator,
      states: () => this.states(),
      tokensIn: (kind: 'QUEUE' | 'SLOT') =>
        this.table
          .all(({ pk }) => pk?.S === `${kind}#${provider}`)
          .sort((one, other) => (String(one.sk) < String(other.sk) ? -1 : 1))
          .map(({ token }) => String(token)),
      restart: (state: JobState) => this.restart(state),
      requestJob: () => this.requestJob('Newcomer', 'A shoe turns. #new', this.multiJob.requests.length),
    };
  }

  protected override recordPost(invocation: Invocation | undefined, request: IncomingMessage): void {
    this.submits.recordPost(invocation, request, {
      nowMs: this.scheduler.now,
      states: this.states(),
      tasks: this.provider.tasks,
      jobOfPrompt: this.jobOfPrompt(),
    });
    for (const { pk, committedMicros } of this.table.all(({ pk }) => pk?.S?.startsWith('BUDGET#') === true))
      if (Number(committedMicros) > this.multiJob.dailyMicros)
        this.submits.found.add(`${pk} holds ${committedMicros}`);
  }

  protected override recordChange(record: StreamRecord): void {
    this.queue.recordChange(record, simulatedContext.getStore()?.invocation);
  }

  private providerStateOf(provider: string): ProviderState {
    const [item] = this.table.all(({ pk, sk }) => pk?.S === `PROVIDER#${provider}` && sk?.S === 'CONTROL');
    return item ? ProviderState.parse(item) : newProviderState;
  }

  /** How many further payments operators confirmed, by job. */
  get confirmed(): ReadonlyMap<string, number> {
    return this.operator.confirmed;
  }

  /** Job ids by prompt; each job has a prompt of its own. */
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
