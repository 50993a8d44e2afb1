import type { IncomingMessage } from 'node:http';
import { JobState } from '../../../core/jobs/job.ts';
import { png } from '../../support/pictures.ts';
import { PlannedAccidents } from '../faults/fault-schedule.ts';
import { Provider } from '../faults/provider.ts';
import { openCloud } from '../world/cloud.ts';
import { place } from '../world/context.ts';
import type { Deployment } from '../world/deployment.ts';
import { type StreamRecord, Table } from '../world/dynamodb/table.ts';
import { Executions } from '../world/executions.ts';
import { type Message, QueueFeed, StreamFeed } from '../world/feeds.ts';
import { Functions } from '../world/functions.ts';
import type { Accident, CallNote, Fate, Invocation } from '../world/invocation.ts';
import { listenToLogs } from '../world/logs.ts';
import { buckets, HOUR, START, TABLE } from '../world/names.ts';
import { openSite } from '../world/network.ts';
import { Objects } from '../world/object-store.ts';
import { Person } from '../world/operator.ts';
import { Random } from '../world/random.ts';
import { Simulation } from '../world/scheduler.ts';
import { Schedules } from '../world/schedules.ts';
import { Vault } from '../world/secrets.ts';
import { cloudOf, type PutEvent } from '../world/services.ts';
import { openSigned } from '../world/signed-url.ts';
import { modelOf } from '../world/stage.ts';
import type { Remains } from './outcome.ts';
import { accidentsWith, type Plan } from './scenario.ts';

/** Longer than any retention, and the latest repeated upload. */
const LONGEST_MS = 96 * HOUR;
const REPEATED_AFTER_MS = 60 * HOUR;
/** How long an index may be behind its table. */
const INDEX_LAG_MS = 2000;

const PICTURE_KEY = 'shoe +1 ünï.png';
const picture = png(64, 36);

/** One job in a world of its own, from its upload until nobody has anything left to do with it. */
export class Course implements Fate {
  protected readonly plan: Plan;
  protected readonly random: Random;
  protected readonly simulation: Simulation;
  private readonly accidents: PlannedAccidents;
  protected readonly vault: Vault;
  protected readonly table: Table;
  protected readonly objects = new Objects();
  protected readonly provider: Provider;
  protected readonly functions: Functions;
  protected readonly executions: Executions;
  private readonly schedules: Schedules;
  private readonly uploads: QueueFeed;
  private readonly streams: readonly StreamFeed[];
  protected readonly person: Person;
  private readonly published: PutEvent[] = [];
  private readonly dead: string[] = [];
  protected readonly traces: string[] = [];
  private refusalsLeft: number;
  private drops = 0;
  private messages = 0;
  private posts = 0;
  private postsWithoutIntent = 0;

  constructor(plan: Plan, deployment: Deployment) {
    this.plan = plan;
    this.random = new Random(`${plan.seed}/accidents`);
    const simulation = new Simulation(START, new Random(plan.seed));
    this.simulation = simulation;
    const kinds = accidentsWith(deployment.schedules.length > 0);
    this.accidents = new PlannedAccidents(plan.accidents, kinds, this.random);
    this.vault = new Vault(plan.seed, plan.trouble.key);
    this.table = new Table(TABLE, deployment.indexes);
    this.refusalsLeft = plan.delivery === 'bus refuses' ? 2 : 0;
    this.provider = new Provider({
      key: this.vault.key,
      trouble: plan.trouble,
      onPost: (invocation, request) => this.notePost(invocation, request),
    });
    this.functions = new Functions({
      deployed: deployment.functions,
      simulation,
      fate: this,
      runOf: (jobId) => this.states().find((state) => state.jobId === jobId)?.run,
    });
    this.executions = new Executions({
      deployment,
      simulation,
      functions: this.functions,
      random: this.random,
      onBroken: (what) => void this.dead.push(what),
    });
    this.schedules = new Schedules(deployment.schedules, simulation, this.functions, this.table);
    const invoke = (name: string, event: unknown) => this.functions.invoke(name, event);
    this.uploads = new QueueFeed(deployment.uploads, simulation, invoke);
    this.streams = deployment.streams.map(
      (feed) => new StreamFeed(feed, simulation, invoke, plan.delivery === 'twice'),
    );
    this.person = new Person(this.functions, simulation, (text) => void this.traces.push(text));
  }

  async run(): Promise<Remains> {
    const { simulation } = this;
    this.openNetwork();
    this.openServices();
    listenToLogs(simulation, (line) => void this.traces.push(line));
    await place.run({ simulation }, async () => {
      this.arrive();
      await simulation.run(START + this.watchedMs);
      await this.actAfterwards();
      await this.lookAtTheEnd();
    });
    this.provider.close();
    return this.remains();
  }

  private openNetwork(): void {
    const { provider, simulation } = this;
    openSite(simulation, {
      resolve: (host) => provider.resolve(host),
      troubleFor: (invocation, host) => provider.troubleFor(invocation, host),
      noteConnection: (origin, address) => provider.noteConnection(origin, address),
      answer: (request, response, from) => provider.answer(request, response, from),
      fetched: (address) => openSigned(address, this.objects, this.vault, simulation.now),
    });
  }

  private openServices(): void {
    const { table, simulation } = this;
    openCloud(
      simulation,
      cloudOf({
        table,
        objects: this.objects,
        random: this.random,
        executions: this.executions.byName,
        tokens: this.executions.tokens,
        frameReader: this.vault.frameReader,
        secret: (id) => this.secret(id),
        start: (execution) => this.executions.start(execution),
        putEvents: (entries) => this.putEvents(entries),
        sendMessage: (body) => void this.dead.push(body),
        complain: (what) => void this.dead.push(what),
        trace: (text) => void this.traces.push(text),
      }),
    );
    table.now = () => simulation.now;
    table.isIndexBehind = (changedAtMs) =>
      simulation.now - changedAtMs < INDEX_LAG_MS && this.random.next() < 0.5;
    table.onChange = (record) => {
      for (const stream of this.streams) stream.add(record);
      this.traces.push(JSON.stringify(record.dynamodb.NewImage ?? {}));
      this.schedules.noteChange();
      this.noteChange(record);
    };
  }

  protected secret(_id: string): string | undefined {
    return this.vault.read(this.simulation.now);
  }

  protected noteChange(_record: StreamRecord): void {}

  // What goes wrong on our side, and what people do meanwhile.

  at(call: CallNote): Accident | undefined {
    return this.accidents.at(call);
  }

  befall(accident: Accident): void | Promise<void> {
    const [state] = this.states();
    if (accident === 'told-again') this.tell(1);
    else if (accident === 'execution-lost') this.executions.loseOne();
    else if (accident === 'cancelled' && state)
      void this.person.cancel(state.jobId, this.random.next() < 0.5);
    else if (accident === 'restarted' && state) this.restart(state);
  }

  /** What `restartJob` does, whoever wakes a job: the next run is written and started, the old one stopped or not. */
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

  private async actAfterwards(): Promise<void> {
    if (this.afterwards()) await this.simulation.run(this.simulation.now + this.watchedMs);
  }

  /** What a person does when nothing happens any more. Answers whether they did anything. */
  protected afterwards(): boolean {
    const { afterwards, dialect } = this.plan;
    const [state] = this.states();
    if (!state || afterwards === 'nothing') return false;
    // Only this dialect shows a task by the id that the gateway has for it.
    const taskId = dialect === 'gptproto' ? this.provider.tasks[0]?.id : undefined;
    this.person.redrive(state.jobId, afterwards, taskId);
    return true;
  }

  private async lookAtTheEnd(): Promise<void> {
    for (const { jobId } of this.states()) {
      this.person.look(jobId);
      await this.simulation.run(this.simulation.now + HOUR);
    }
  }

  protected get watchedMs(): number {
    const { hours } = this.plan.trouble;
    return hours === undefined ? LONGEST_MS : hours * HOUR;
  }

  // How the job comes in.

  protected arrive(): void {
    const { arrival } = this.plan;
    const provider = this.providerId();
    const isOrder = arrival.startsWith('ordered');
    this.objects.put(
      isOrder ? buckets.frames : buckets.inbox,
      PICTURE_KEY,
      picture,
      isOrder ? {} : { provider, campaign: 'proof' },
    );
    const order = () =>
      void this.person.order({
        frame: { s3Uri: `s3://${buckets.frames}/${PICTURE_KEY}` },
        provider,
        model: modelOf(this.plan.dialect),
        metadata: { campaign: 'proof' },
      });
    const soon = this.random.below(200_000);
    switch (arrival) {
      case 'dropped':
        this.tell(1);
        return;
      case 'dropped, told twice at once':
        this.tell(1);
        this.tell(1);
        return;
      case 'dropped, told twice in one batch':
        this.tell(2);
        return;
      case 'dropped, told three times, late':
        this.tell(1);
        this.simulation.after(soon, () => this.tell(1));
        this.simulation.after(REPEATED_AFTER_MS, () => this.tell(1));
        return;
      case 'ordered':
        order();
        return;
      case 'ordered twice at once':
        order();
        order();
        return;
      case 'ordered again, late':
        order();
        this.simulation.after(soon, order);
    }
  }

  private providerId(): string {
    const { trouble, dialect, accidents } = this.plan;
    // Two days pass once for each fault that lasts; with accidents, and in the other dialects, an hour is enough.
    const isOnce = accidents.at === 'nowhere' && dialect === 'gptproto';
    return trouble.isLong && isOnce && !trouble.isSlow ? `${dialect}-48h` : dialect;
  }

  /** EventBridge tells the queue of the drop, in one batch of so many copies. */
  private tell(copies: number): void {
    const object = this.objects.find(buckets.inbox, PICTURE_KEY);
    if (!object) return;
    const { bucket, key, versionId, bytes } = object;
    const told = { key, size: bytes.length, 'version-id': versionId, etag: versionId, sequencer: '00' };
    const body = JSON.stringify({
      'detail-type': 'Object Created',
      source: 'aws.s3',
      detail: { bucket: { name: bucket }, object: told, requester: '111122223333' },
    });
    const messages = Array.from({ length: copies }, (): Message => {
      this.messages += 1;
      return { id: `message${this.messages}`, body };
    });
    this.drops = 1;
    this.simulation.after(40, () => this.uploads.deliver(messages));
  }

  // What the world notes.

  private putEvents(entries: readonly PutEvent[]): boolean[] {
    const taken = entries.map((_, index) => this.refusalsLeft === 0 || index < entries.length - 1);
    this.refusalsLeft = Math.max(0, this.refusalsLeft - 1);
    this.published.push(...entries.filter((_, index) => taken[index]));
    this.traces.push(...entries.map(({ Detail }) => Detail));
    return taken;
  }

  protected notePost(_invocation: Invocation | undefined, _request: IncomingMessage): void {
    this.posts += 1;
    const intents = [...this.table.raw].filter(({ sk }) => sk?.S?.startsWith('ATTEMPT#'));
    if (intents.length < this.posts) this.postsWithoutIntent += 1;
  }

  protected states(): JobState[] {
    return this.table.all(({ sk }) => sk?.S === 'STATE').map((item) => JobState.parse(item));
  }

  private remains(): Remains {
    const executions = [...this.executions.byName.values()];
    // Of the others the sweeper makes up for what was not heard.
    const lost = this.streams.flatMap(({ feed, lost }) => (feed.isAnswered ? lost : []));
    return {
      plan: this.plan,
      calls: this.functions.calls,
      accidents: this.accidents.befallen,
      states: this.states(),
      items: this.table.all(),
      objects: this.objects,
      provider: this.provider,
      executions,
      openTokens: this.executions.tokens.waitedWith,
      published: this.published,
      dead: [...this.dead, ...lost.map(({ dynamodb }) => `stream record ${dynamodb.SequenceNumber}`)],
      deadUploads: this.uploads.dead.length,
      accepted: this.drops + this.person.orders,
      confirmations: this.person.confirmations,
      postsWithoutIntent: this.postsWithoutIntent,
      endedAtMs: this.simulation.now,
      traces: [
        ...this.traces,
        ...executions.flatMap(({ history, error = '' }) => [...history.map(({ input }) => input), error]),
        ...this.writtenToBucket(),
      ],
      // The names under which the provider keeps its videos open them as well.
      secrets: [...this.vault.secrets, ...this.provider.tasks.map(({ fileName }) => fileName)],
    };
  }

  /** Keys, metadata and manifests. */
  private writtenToBucket(): string[] {
    return this.objects.all
      .filter(({ bucket }) => bucket === buckets.videos)
      .flatMap(({ key, metadata, bytes }) => [
        `${key} ${JSON.stringify(metadata)}`,
        ...(key.endsWith('.json') ? [bytes.toString()] : []),
      ]);
  }
}
