import type { IncomingMessage } from 'node:http';
import { JobState } from '../../../core/jobs/job.ts';
import { injectableFaults, ScheduledFaults } from '../faults/fault-schedule.ts';
import { Provider } from '../faults/provider.ts';
import type { Call, Fault, FaultInjector } from '../world/call.ts';
import { openCloud } from '../world/cloud.ts';
import { simulatedContext } from '../world/context.ts';
import type { Deployment } from '../world/deployment.ts';
import { type StreamRecord, Table } from '../world/dynamodb/table.ts';
import { Executions } from '../world/executions.ts';
import { QueueFeed, StreamFeed } from '../world/feeds.ts';
import { Functions } from '../world/functions.ts';
import type { Invocation } from '../world/invocation.ts';
import { listenToLogs } from '../world/logs.ts';
import { buckets, HOUR, START, TABLE } from '../world/names.ts';
import { openSite } from '../world/network.ts';
import { ObjectStore } from '../world/object-store.ts';
import { Operator } from '../world/operator.ts';
import { Random } from '../world/random.ts';
import { Scheduler } from '../world/scheduler.ts';
import { Schedules } from '../world/schedules.ts';
import { Secrets } from '../world/secrets.ts';
import { cloudOf, type PutEvent } from '../world/services.ts';
import { openSigned } from '../world/signed-url.ts';
import { JobArrival } from './arrival.ts';
import type { RunOutcome } from './outcome.ts';
import type { Scenario } from './scenario.ts';

/** Longer than any retention and than the latest repeated notification. */
const LONGEST_MS = 96 * HOUR;
/** How long an index may lag behind its table. */
const INDEX_LAG_MS = 2000;

/** Runs one job in a world of its own, from its request until nothing is left to do. */
export class JobRun implements FaultInjector {
  protected readonly scenario: Scenario;
  protected readonly random: Random;
  protected readonly scheduler: Scheduler;
  private readonly faults: ScheduledFaults;
  protected readonly secrets: Secrets;
  protected readonly table: Table;
  protected readonly objects = new ObjectStore();
  protected readonly provider: Provider;
  protected readonly functions: Functions;
  protected readonly executions: Executions;
  private readonly schedules: Schedules;
  private readonly uploads: QueueFeed;
  private readonly arrival: JobArrival;
  private readonly streams: readonly StreamFeed[];
  protected readonly operator: Operator;
  private readonly published: PutEvent[] = [];
  private readonly dead: string[] = [];
  protected readonly traces: string[] = [];
  private refusalsLeft: number;
  private posts = 0;
  private postsWithoutIntent = 0;

  constructor(scenario: Scenario, deployment: Deployment) {
    this.scenario = scenario;
    // The text is part of the seed: another one gives other runs.
    this.random = new Random(`${scenario.seed}/accidents`);
    const scheduler = new Scheduler(START, new Random(scenario.seed));
    this.scheduler = scheduler;
    const kinds = injectableFaults(deployment.schedules.length > 0);
    this.faults = new ScheduledFaults(scenario.faults, kinds, this.random);
    this.secrets = new Secrets(scenario.seed, scenario.providerFault.key);
    this.table = new Table(TABLE, deployment.indexes);
    this.refusalsLeft = scenario.delivery === 'bus refuses' ? 2 : 0;
    this.provider = new Provider({
      key: this.secrets.key,
      providerFault: scenario.providerFault,
      onPost: (invocation, request) => this.recordPost(invocation, request),
    });
    this.functions = new Functions({
      deployed: deployment.functions,
      scheduler,
      faults: this,
      runOf: (jobId) => this.states().find((state) => state.jobId === jobId)?.run,
      isThrottled: (name) => this.isThrottled(name),
    });
    this.executions = new Executions({
      deployment,
      scheduler,
      functions: this.functions,
      random: this.random,
      onBroken: (what) => void this.dead.push(what),
    });
    this.schedules = new Schedules(deployment.schedules, scheduler, this.functions, this.table);
    const invoke = (name: string, event: unknown) => this.functions.invoke(name, event);
    this.uploads = new QueueFeed(deployment.uploads, scheduler, invoke);
    this.streams = deployment.streams.map(
      (feed) => new StreamFeed(feed, scheduler, invoke, scenario.delivery === 'twice'),
    );
    this.operator = new Operator(this.functions, scheduler, (text) => void this.traces.push(text));
    const { objects, operator, uploads, random } = this;
    this.arrival = new JobArrival({ scenario, objects, operator, scheduler, uploads, random });
  }

  async run(): Promise<RunOutcome> {
    const { scheduler } = this;
    this.openNetwork();
    this.openServices();
    listenToLogs(scheduler, (line) => void this.traces.push(line));
    await simulatedContext.run({ scheduler }, async () => {
      this.arrive();
      await scheduler.run(START + this.watchedMs);
      await this.performFinalAction();
      await this.readJobsAtTheEnd();
    });
    this.provider.close();
    return this.outcome();
  }

  private openNetwork(): void {
    const { provider, scheduler } = this;
    openSite(scheduler, {
      resolve: (host) => provider.resolve(host),
      connectErrorFor: (invocation, host) => provider.connectErrorFor(invocation, host),
      recordConnection: (origin, address) => provider.recordConnection(origin, address),
      answer: (request, response, from) => provider.answer(request, response, from),
      fetched: (address) => openSigned(address, this.objects, this.secrets, scheduler.now),
    });
  }

  private openServices(): void {
    const { table, scheduler } = this;
    openCloud(
      scheduler,
      cloudOf({
        table,
        objects: this.objects,
        random: this.random,
        executions: this.executions.byName,
        tokens: this.executions.tokens,
        frameReader: this.secrets.frameReader,
        secret: (id) => this.secret(id),
        start: (execution) => this.executions.start(execution),
        putEvents: (entries) => this.putEvents(entries),
        sendMessage: (body) => void this.dead.push(body),
        reportUnsupported: (what) => void this.dead.push(what),
        trace: (text) => void this.traces.push(text),
      }),
    );
    table.now = () => scheduler.now;
    table.isIndexBehind = (changedAtMs) =>
      scheduler.now - changedAtMs < INDEX_LAG_MS && this.random.next() < 0.5;
    table.onChange = (record) => {
      for (const stream of this.streams) stream.add(record);
      this.traces.push(JSON.stringify(record.dynamodb.NewImage ?? {}));
      this.schedules.recordChange();
      this.recordChange(record);
    };
  }

  protected secret(_id: string): string | undefined {
    return this.secrets.read(this.scheduler.now);
  }

  protected recordChange(_record: StreamRecord): void {}

  // Faults on our side and actions of operators.

  protected isThrottled(_functionName: string): boolean {
    return false;
  }

  at(call: Call): Fault | undefined {
    return this.faults.at(call);
  }

  inject(fault: Fault): void | Promise<void> {
    const [state] = this.states();
    if (fault === 'notified-again') this.arrival.notify(1);
    else if (fault === 'execution-lost') this.executions.loseOne();
    else if (fault === 'cancelled' && state) void this.operator.cancel(state.jobId, this.random.next() < 0.5);
    else if (fault === 'restarted' && state) this.restart(state);
  }

  /** Does what `restartJob` does: writes and starts the next run, and stops the old one or not. */
  protected restart({ jobId, run, finishedAt }: JobState): void {
    if (finishedAt !== undefined) return;
    this.table.send(
      'UpdateCommand',
      {
        TableName: TABLE,
        Key: { pk: `J#${jobId}`, sk: 'STATE' },
        UpdateExpression: 'SET run = :run, revision = revision + :one',
        ExpressionAttributeValues: { ':run': run + 1, ':one': 1 },
      },
      {},
    );
    const old = this.executions.byName.get(`${jobId}-${run}`);
    if (old?.status === 'RUNNING' && this.random.next() < 0.5) old.status = 'ABORTED';
    const input = JSON.stringify({ jobId, run: run + 1 });
    this.executions.start({
      name: `${jobId}-${run + 1}`,
      input,
      status: 'RUNNING',
      history: [],
      events: 0,
    });
  }

  private async performFinalAction(): Promise<void> {
    if (this.finalAction()) await this.scheduler.run(this.scheduler.now + this.watchedMs);
  }

  /** The operator's action when nothing happens any more. Answers whether there was one. */
  protected finalAction(): boolean {
    const { finalAction, dialect } = this.scenario;
    const [state] = this.states();
    if (!state || finalAction === 'nothing') return false;
    // Only this dialect uses the gateway's own id of a task.
    const taskId = dialect === 'gptproto' ? this.provider.tasks[0]?.id : undefined;
    this.operator.redrive(state.jobId, finalAction, taskId);
    return true;
  }

  private async readJobsAtTheEnd(): Promise<void> {
    for (const { jobId } of this.states()) {
      this.operator.readJob(jobId);
      await this.scheduler.run(this.scheduler.now + HOUR);
    }
  }

  protected get watchedMs(): number {
    const { hours } = this.scenario.providerFault;
    return hours === undefined ? LONGEST_MS : hours * HOUR;
  }

  /** Brings in what the run is about. */
  protected arrive(): void {
    this.arrival.start();
  }

  // What the world records.

  private putEvents(entries: readonly PutEvent[]): boolean[] {
    const taken = entries.map((_, index) => this.refusalsLeft === 0 || index < entries.length - 1);
    this.refusalsLeft = Math.max(0, this.refusalsLeft - 1);
    this.published.push(...entries.filter((_, index) => taken[index]));
    this.traces.push(...entries.map(({ Detail }) => Detail));
    return taken;
  }

  protected recordPost(_invocation: Invocation | undefined, _request: IncomingMessage): void {
    this.posts += 1;
    const intents = [...this.table.raw].filter(({ sk }) => sk?.S?.startsWith('ATTEMPT#'));
    if (intents.length < this.posts) this.postsWithoutIntent += 1;
  }

  protected states(): JobState[] {
    return this.table.all(({ sk }) => sk?.S === 'STATE').map((item) => JobState.parse(item));
  }

  private outcome(): RunOutcome {
    const executions = [...this.executions.byName.values()];
    // The sweeper makes up for lost records of the other streams.
    const lost = this.streams.flatMap(({ feed, lost }) => (feed.isAnswered ? lost : []));
    return {
      scenario: this.scenario,
      calls: this.functions.calls,
      injected: this.faults.injected,
      states: this.states(),
      items: this.table.all(),
      objects: this.objects,
      provider: this.provider,
      executions,
      openTokens: this.executions.tokens.awaited,
      published: this.published,
      dead: [...this.dead, ...lost.map(({ dynamodb }) => `stream record ${dynamodb.SequenceNumber}`)],
      deadUploads: this.uploads.dead.length,
      accepted: this.arrival.drops + this.operator.acceptedRequests,
      confirmations: this.operator.confirmations,
      postsWithoutIntent: this.postsWithoutIntent,
      endedAtMs: this.scheduler.now,
      traces: [
        ...this.traces,
        ...executions.flatMap(({ history, error = '' }) => [...history.map(({ input }) => input), error]),
        ...this.writtenToBucket(),
      ],
      // The names of the provider's files open them, so they are secrets too.
      secrets: [...this.secrets.secrets, ...this.provider.tasks.map(({ fileName }) => fileName)],
    };
  }

  /** Keys, metadata and manifests in the bucket. */
  private writtenToBucket(): string[] {
    return this.objects.all
      .filter(({ bucket }) => bucket === buckets.videos)
      .flatMap(({ key, metadata, bytes }) => [
        `${key} ${JSON.stringify(metadata)}`,
        ...(key.endsWith('.json') ? [bytes.toString()] : []),
      ]);
  }
}
