import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Env } from '../core/kernel/contract.ts';
import { FETCHED, UPLOADS } from '../core/request/media-reference.ts';
import { type AccessLogBucket, PipelineBucket } from './pipeline-bucket.ts';
import type { PipelineFunction } from './pipeline-function.ts';

export interface FrameInboxProps {
  readonly accessLogs: AccessLogBucket;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Where start frames are. The inbox is what people drop, and nothing of ours ever writes there, so no job can start
 * another. The frames bucket holds what came another way, for seven days; an upload there starts nothing.
 */
export class FrameInbox extends Construct {
  /** Every new object in the inbox, as EventBridge tells it. */
  readonly drops: EventPattern;
  readonly inboxBucketName: string;
  readonly frameBucketName: string;
  private readonly inbox: PipelineBucket;
  private readonly frames: PipelineBucket;

  constructor(scope: Construct, id: string, props: FrameInboxProps) {
    super(scope, id);
    this.inbox = new PipelineBucket(this, 'Inbox', { ...props, versioned: true });
    this.frames = new PipelineBucket(this, 'Frames', { ...props, expireAfterDays: 7 });
    // `eventBridgeEnabled: true` would add a custom resource with a Lambda for this one property.
    (this.inbox.node.defaultChild as CfnBucket).addPropertyOverride(
      'NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled',
      true,
    );
    this.drops = {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: { bucket: { name: [this.inbox.bucketName] } },
    };
    this.inboxBucketName = this.inbox.bucketName;
    this.frameBucketName = this.frames.bucketName;
  }

  grantReadInbox(fn: PipelineFunction): void {
    this.inbox.grantReadVersions(fn.executionRole);
    fn.addEnvironment(Env.inboxBucket, this.inbox.bucketName);
  }

  grantReadFrames(fn: PipelineFunction): void {
    this.frames.grantReadVersions(fn.executionRole);
    fn.addEnvironment(Env.frameBucket, this.frames.bucketName);
  }

  /** Lets the function sign uploads into the frames bucket: who signs one must be allowed what it does. */
  grantSignUploads(fn: PipelineFunction): void {
    this.frames.grantOnObjectsBelow(UPLOADS, fn.executionRole, 's3:PutObject');
    fn.addEnvironment(Env.frameBucket, this.frames.bucketName);
    fn.addEnvironment(Env.frameBucketHost, this.frames.bucketRegionalDomainName);
  }

  /** Lets the function keep the orders of a batch, among the uploads of their owner. */
  grantStoreManifests(fn: PipelineFunction): void {
    this.frames.grantOnObjectsBelow(UPLOADS, fn.executionRole, 's3:PutObject');
  }

  /** Lets the function keep frames that it has fetched. */
  grantStoreFetched(fn: PipelineFunction): void {
    this.frames.grantOnObjectsBelow(FETCHED, fn.executionRole, 's3:PutObject');
  }

  /**
   * Lets the one function that sends frames to providers become FrameReader and sign addresses with it. A signed address
   * dies with the credentials that signed it: those of a function have an unknown rest of life, these have an hour, the
   * most that a role assumed by a role can have.
   */
  grantSignAddresses(fn: PipelineFunction): void {
    const reader = new Role(this, 'FrameReader', {
      assumedBy: fn.executionRole.grantPrincipal,
      maxSessionDuration: Duration.hours(1),
      description: 'Reads one start frame, for the provider that was sent its signed address.',
    });
    this.inbox.grantOnObjects(reader, 's3:GetObject', 's3:GetObjectVersion');
    this.frames.grantOnObjects(reader, 's3:GetObject', 's3:GetObjectVersion');
    reader.grantAssumeRole(fn.executionRole);
    fn.addEnvironment(Env.frameReaderRole, reader.roleArn);
  }
}
