import { unmarshall } from '@aws-sdk/util-dynamodb';
import { JobState } from '../../core/jobs/job.ts';
import { parseStage, type StageConfig } from '../../lib/stage-config.ts';
import { stateOf } from '../../simulator/tasks/task.ts';
import { providerFaults } from '../simulation/faults/provider-faults.ts';
import { JobRun } from '../simulation/single/job-run.ts';
import type { Deployment } from '../simulation/world/deployment.ts';
import { buckets, PROVIDER_HOST } from '../simulation/world/names.ts';
import { Operator } from '../simulation/world/operator.ts';
import { modelOf, simulationStage } from '../simulation/world/stage.ts';
import { png } from './pictures.ts';

export interface RushLimits {
  readonly maxInFlight: number;
  readonly submitsPerMinute: number;
}

/** A stage whose providers have these limits, by name. */
export const rushStage = (limits: Readonly<Record<string, RushLimits>>): StageConfig => {
  const { providers, ...rest } = simulationStage();
  const [usual] = Object.values(providers);
  const base = { ...usual, submitBaseUrl: `https://${PROVIDER_HOST}` };
  const [first = ''] = Object.keys(limits);
  return parseStage(
    {
      ...rest,
      defaults: { ...rest.defaults, provider: first },
      providers: Object.fromEntries(
        Object.entries(limits).map(([name, limit]) => [name, { ...base, ...limit }]),
      ),
    },
    'the stage of a rush',
  );
};

const nothing = providerFaults.find(({ name }) => name === 'nothing');

export interface Ordered {
  readonly atMs: number;
  /** Tasks in flight, this one included. */
  readonly inFlight: number;
}

/**
 * Two owners at one provider: one drops pictures, the other uses the API, all within a minute. The functions and the state machine
 * are the real ones. Time is virtual: a minute takes no real time.
 */
export class Rush extends JobRun {
  /** Every submit that the provider received, refused ones too. */
  readonly sent: Ordered[] = [];
  private readonly known = new WeakMap<object, JobState>();
  private readonly to: string;
  private readonly prompts: readonly string[];

  constructor(to: string, prompts: readonly string[], deployment: Deployment) {
    if (!nothing) throw new Error('There is no scenario without a provider fault.');
    super(
      {
        number: 0,
        seed: `rush/${to}`,
        dialect: 'gptproto',
        providerFault: nothing,
        arrival: 'requested',
        delivery: 'once',
        faults: { at: 'nowhere' },
        finalAction: 'nothing',
      },
      deployment,
    );
    this.to = to;
    this.prompts = prompts;
  }

  /** Prompts in the order in which the provider accepted them. */
  get taken(): readonly string[] {
    return this.provider.tasks.map(({ submission }) => submission.prompt);
  }

  protected override get watchedMs(): number {
    return 3 * 3_600_000;
  }

  protected override arrive(): void {
    const operator = new Operator(this.functions, this.scheduler, () => undefined);
    for (const [number, prompt] of this.prompts.entries())
      this.scheduler.after((60_000 * number) / this.prompts.length, () => {
        if (prompt.startsWith('Dropped')) this.drop(number, prompt);
        else
          void operator.requestJob(
            { prompt, provider: this.to, model: modelOf('gptproto') },
            `order-${number}`,
          );
      });
    // One workflow is lost.
    this.scheduler.after(90_000, () => this.executions.loseOne());
  }

  private drop(number: number, prompt: string): void {
    const key = `drop-${number}.png`;
    this.objects.put(buckets.inbox, key, png(64, 36), { prompt, provider: this.to });
    const stored = this.objects.find(buckets.inbox, key);
    if (!stored) throw new Error('The dropped picture is missing.');
    const { bucket, versionId, bytes } = stored;
    const object = { key, size: bytes.length, 'version-id': versionId, etag: versionId, sequencer: '00' };
    const body = JSON.stringify({
      'detail-type': 'Object Created',
      source: 'aws.s3',
      detail: { bucket: { name: bucket }, object, requester: '111122223333' },
    });
    void this.functions.invoke('accept-upload', { Records: [{ messageId: `m${number}`, body }] });
  }

  // Called before every step: items that did not change are not parsed again.
  protected override states(): JobState[] {
    return [...this.table.raw].flatMap((item) => {
      if (item.sk?.S !== 'STATE') return [];
      const known = this.known.get(item) ?? JobState.parse(unmarshall(item));
      this.known.set(item, known);
      return [known];
    });
  }

  protected override recordPost(): void {
    const { now } = this.scheduler;
    const making = this.provider.tasks.filter((task) => ['queued', 'running'].includes(stateOf(task, now)));
    this.sent.push({ atMs: now, inFlight: 1 + making.length });
  }
}
