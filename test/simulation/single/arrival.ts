import { png } from '../../support/pictures.ts';
import type { Message, QueueFeed } from '../world/feeds.ts';
import { buckets, HOUR } from '../world/names.ts';
import type { ObjectStore } from '../world/object-store.ts';
import type { Operator } from '../world/operator.ts';
import type { Random } from '../world/random.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { modelOf } from '../world/stage.ts';
import type { Scenario } from './scenario.ts';

/** The latest repeated notification. */
const REPEATED_AFTER_MS = 60 * HOUR;

const PICTURE_KEY = 'shoe +1 ünï.png';
const picture = png(64, 36);

/** The parts of the world that a job arrives through. */
export interface ArrivalOptions {
  readonly scenario: Scenario;
  readonly objects: ObjectStore;
  readonly operator: Operator;
  readonly scheduler: Scheduler;
  readonly uploads: QueueFeed;
  readonly random: Random;
}

/** Brings the job in as its scenario says: by a drop and its notifications, or by the API. */
export class JobArrival {
  /** The number of drops that must have a record. */
  drops = 0;
  private readonly options: ArrivalOptions;
  private messages = 0;

  constructor(options: ArrivalOptions) {
    this.options = options;
  }

  start(): void {
    const { scenario, objects, random } = this.options;
    const isRequest = scenario.arrival.startsWith('requested');
    objects.put(
      isRequest ? buckets.frames : buckets.inbox,
      PICTURE_KEY,
      picture,
      isRequest ? {} : { provider: this.provider, campaign: 'proof' },
    );
    const soon = random.below(200_000);
    if (isRequest) this.request(soon);
    else this.drop(soon);
  }

  /** EventBridge sends the upload's notification to the queue, in one batch of this many copies. */
  notify(copies: number): void {
    const { objects, scheduler, uploads } = this.options;
    const stored = objects.find(buckets.inbox, PICTURE_KEY);
    if (!stored) return;
    const { bucket, key, versionId, bytes } = stored;
    const object = { key, size: bytes.length, 'version-id': versionId, etag: versionId, sequencer: '00' };
    const body = JSON.stringify({
      'detail-type': 'Object Created',
      source: 'aws.s3',
      detail: { bucket: { name: bucket }, object, requester: '111122223333' },
    });
    const messages = Array.from({ length: copies }, (): Message => {
      this.messages += 1;
      return { id: `message${this.messages}`, body };
    });
    this.drops = 1;
    scheduler.after(40, () => uploads.deliver(messages));
  }

  private drop(soon: number): void {
    const { scenario, scheduler } = this.options;
    switch (scenario.arrival) {
      case 'dropped, notified twice at once':
        this.notify(1);
        this.notify(1);
        return;
      case 'dropped, notified twice in one batch':
        this.notify(2);
        return;
      case 'dropped, notified three times, late':
        this.notify(1);
        scheduler.after(soon, () => this.notify(1));
        scheduler.after(REPEATED_AFTER_MS, () => this.notify(1));
        return;
      default:
        this.notify(1);
    }
  }

  private request(soon: number): void {
    const { scenario, scheduler, operator } = this.options;
    const send = () =>
      void operator.requestJob({
        frame: { s3Uri: `s3://${buckets.frames}/${PICTURE_KEY}` },
        provider: this.provider,
        model: modelOf(scenario.dialect),
        metadata: { campaign: 'proof' },
      });
    send();
    if (scenario.arrival === 'requested twice at once') send();
    if (scenario.arrival === 'requested again, late') scheduler.after(soon, send);
  }

  private get provider(): string {
    const { providerFault, dialect, faults } = this.options.scenario;
    // One run of each lasting fault takes the full two days. With injected faults and in other dialects an hour is enough.
    const isOnce = faults.at === 'nowhere' && dialect === 'gptproto';
    return providerFault.isLong && isOnce && !providerFault.isSlow ? `${dialect}-48h` : dialect;
  }
}
