import type { RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  Billing,
  type ITable,
  ProjectionType,
  StreamViewType,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { FilterCriteria, FilterRule, type IEventSource, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, type StreamEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { jobIndexNames } from '../core/jobs/list-index.ts';
import { tableSchema } from '../core/jobs/table-schema.ts';
import { BATCH_INDEX, DUE_INDEX, Env } from '../core/kernel/contract.ts';
import { Partition, SortKey, SortKeyPrefix, startOf } from '../core/kernel/table-keys.ts';
import type { PipelineFunction } from './pipeline-function.ts';

export interface JobStoreProps {
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
}

/** How a stream is read; where it starts and what it shows is ours to say. */
type StreamReading = Omit<StreamEventSourceProps, 'startingPosition' | 'filters'>;

/** The job table: one partition for a job, and its stream, by which events leave. */
export class JobStore extends Construct {
  readonly tableName: string;
  private readonly table: TableV2;

  constructor(scope: Construct, id: string, props: JobStoreProps) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      partitionKey: text(tableSchema.partitionKey),
      sortKey: text(tableSchema.sortKey),
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      dynamoStream: StreamViewType[tableSchema.stream],
      timeToLiveAttribute: tableSchema.timeToLive,
      globalSecondaryIndexes: tableSchema.indexes.map(({ name, partitionKey, sortKey, attributes }) => ({
        indexName: name,
        partitionKey: text(partitionKey),
        sortKey: text(sortKey),
        ...(attributes.length > 0
          ? { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...attributes] }
          : { projectionType: ProjectionType.KEYS_ONLY }),
      })),
      deletionProtection: props.deletionProtection,
      removalPolicy: props.removalPolicy,
    });
    this.tableName = this.table.tableName;
  }

  /** Lets the function load and save by key. A transaction needs the actions it is made of; nobody scans, nobody deletes. */
  grantReadWrite(fn: PipelineFunction): void {
    this.allow(fn, [
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:Query',
      'dynamodb:ConditionCheckItem',
    ]);
    fn.addEnvironment(Env.jobTable, this.table.tableName);
  }

  /**
   * Lets the function give back slots and places in a queue, beside loading and saving. Nothing else is ever deleted but whole jobs,
   * by whoever owns them.
   */
  grantAdmission(fn: PipelineFunction): void {
    this.grantReadWrite(fn);
    this.allowDeletion(fn, [`${startOf(Partition.slot)}*`, `${startOf(Partition.queue)}*`]);
  }

  /** Lets the function delete what is known of a job. */
  grantDeleteJobs(fn: PipelineFunction): void {
    this.allowDeletion(fn, [`${startOf(Partition.job)}*`]);
  }

  /** Lets the function look up the records of API keys, and nothing of jobs. */
  grantReadApiKeys(fn: PipelineFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:GetItem'],
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [Partition.apiKeys] } },
      }),
    );
    fn.addEnvironment(Env.jobTable, this.table.tableName);
  }

  /** Lets the function read several items at once. */
  grantReadTogether(fn: PipelineFunction): void {
    this.allow(fn, ['dynamodb:BatchGetItem']);
  }

  /** Lets the function find what is due, beside loading and saving it. */
  grantSweep(fn: PipelineFunction): void {
    this.grantAdmission(fn);
    this.allow(fn, ['dynamodb:Query'], `${this.table.tableArn}/index/${DUE_INDEX}`);
  }

  /** Lets the function list jobs, by the indexes made for it. */
  grantList(fn: PipelineFunction): void {
    for (const index of jobIndexNames)
      this.allow(fn, ['dynamodb:Query'], `${this.table.tableArn}/index/${index}`);
  }

  /** Lets the function load by key, and nothing else. */
  grantRead(fn: PipelineFunction): void {
    this.allow(fn, ['dynamodb:GetItem', 'dynamodb:Query']);
    fn.addEnvironment(Env.jobTable, this.table.tableName);
  }

  /** Lets the function read where a job's events are told, and note its tries to. */
  grantNoteDeliveries(fn: PipelineFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'],
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${startOf(Partition.job)}*`] } },
      }),
    );
    fn.addEnvironment(Env.jobTable, this.table.tableName);
  }

  /** Lets the function find the jobs of a batch. */
  grantReadBatches(fn: PipelineFunction): void {
    this.allow(fn, ['dynamodb:Query'], `${this.table.tableArn}/index/${BATCH_INDEX}`);
  }

  /** Lets the function note of a timeline entry that it was published. */
  grantSettle(fn: PipelineFunction): void {
    this.allow(fn, ['dynamodb:UpdateItem']);
    fn.addEnvironment(Env.jobTable, this.table.tableName);
  }

  /** A deletion names one key, whose partition the condition sees. */
  private allowDeletion(fn: PipelineFunction, partitions: string[]): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:DeleteItem'],
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } },
      }),
    );
  }

  /** The table alone: a grant of CDK's would take in every index by a wildcard. */
  private allow(fn: PipelineFunction, actions: string[], resource = this.table.tableArn): void {
    fn.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
  }

  /** The timeline entries (`EVENT#…`) of all jobs as they are written, from the oldest that the stream still has. */
  timeline(reading: StreamReading): IEventSource {
    return this.stream(reading, [
      keys('INSERT', { sk: { S: FilterRule.beginsWith(startOf(SortKeyPrefix.event)) } }),
    ]);
  }

  /** Whatever may let a job that waits go on: one more waits (or waits anew), a slot was given back, a provider goes on. */
  admissions(reading: StreamReading): IEventSource {
    const waits = { pk: { S: FilterRule.beginsWith(startOf(Partition.queue)) } };
    const goesOn = {
      pk: { S: FilterRule.beginsWith(startOf(Partition.provider)) },
      sk: { S: FilterRule.isEqual(SortKey.wake) },
    };
    return this.stream(reading, [
      keys('INSERT', waits),
      keys('MODIFY', waits),
      keys('REMOVE', { pk: { S: FilterRule.beginsWith(startOf(Partition.slot)) } }),
      keys('INSERT', goesOn),
      keys('MODIFY', goesOn),
    ]);
  }

  private stream(reading: StreamReading, filters: StreamEventSourceProps['filters'] & {}): IEventSource {
    // CDK's classes miss its interfaces by the `undefined` of their optional properties.
    return new DynamoEventSource(this.table as ITable, {
      ...reading,
      startingPosition: StartingPosition.TRIM_HORIZON,
      filters,
    });
  }
}

/** Changes of items by their keys. */
const keys = (eventName: 'INSERT' | 'MODIFY' | 'REMOVE', keys: Record<string, unknown>) =>
  FilterCriteria.filter({ eventName: FilterRule.isEqual(eventName), dynamodb: { Keys: keys } });

const text = (name: string): Attribute => ({ name, type: AttributeType.STRING });
