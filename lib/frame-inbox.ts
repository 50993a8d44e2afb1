import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Env } from '../core/kernel/contract.ts';
import { FETCHED, UPLOADS } from '../core/request/media-reference.ts';
import { uploadsFrom } from './bucket-cors.ts';
import { type AccessLogBucket, PipelineBucket } from './pipeline-bucket.ts';
import type { PipelineFunction } from './pipeline-function.ts';

export interface FrameInboxProps {
  readonly accessLogs: AccessLogBucket;
  readonly removalPolicy: RemovalPolicy;
  /** Web pages of these origins may upload frames with what the API signed. */
  readonly allowedOrigins: readonly string[];
}

/**
 * The buckets of start frames. People drop into the inbox, and no function of ours writes there, so no job can start
 * another. The frames bucket holds uploaded and fetched frames for seven days; an upload there starts nothing.
 */
export class FrameInbox extends Construct {
  /** Every new object in the inbox, as EventBridge reports it. */
  readonly drops: EventPattern;
  readonly inboxBucketName: string;
  readonly frameBucketName: string;
  private readonly inbox: PipelineBucket;
  private readonly frames: PipelineBucket;

  constructor(scope: Construct, id: string, { allowedOrigins, ...props }: FrameInboxProps) {
    super(scope, id);
    this.inbox = new PipelineBucket(this, 'Inbox', { ...props, versioned: true });
    this.frames = new PipelineBucket(this, 'Frames', {
      ...props,
      expireAfterDays: 7,
      cors: uploadsFrom(allowedOrigins),
    });
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

  /** Lets the function sign uploads into the frames bucket: the signer needs the right to do what it signs. */
  grantSignUploads(fn: PipelineFunction): void {
    this.frames.grantOnObjectsBelow(UPLOADS, fn.executionRole, 's3:PutObject');
    fn.addEnvironment(Env.frameBucket, this.frames.bucketName);
    fn.addEnvironment(Env.frameBucketHost, this.frames.bucketRegionalDomainName);
  }

  /** Lets the function keep the manifest of a batch, among the uploads of its owner. */
  grantStoreManifests(fn: PipelineFunction): void {
    this.frames.grantOnObjectsBelow(UPLOADS, fn.executionRole, 's3:PutObject');
  }

  /** Lets the function keep the frames that it fetches. */
  grantStoreFetched(fn: PipelineFunction): void {
    this.frames.grantOnObjectsBelow(FETCHED, fn.executionRole, 's3:PutObject');
  }

  /**
   * Lets the one function that sends frames to providers assume FrameReader and sign addresses with it. A signed address
   * expires with the credentials that signed it: a function's own may expire any minute, these last an hour, the most for a
   * role that a role assumes.
   */
  grantSignAddresses(fn: PipelineFunction): void {
    const reader = new Role(this, 'FrameReader', {
      assumedBy: fn.executionRole.grantPrincipal,
      maxSessionDuration: Duration.hours(1),
      description: 'Reads one start frame, for the provider that received its signed address.',
    });
    this.inbox.grantOnObjects(reader, 's3:GetObject', 's3:GetObjectVersion');
    this.frames.grantOnObjects(reader, 's3:GetObject', 's3:GetObjectVersion');
    reader.grantAssumeRole(fn.executionRole);
    fn.addEnvironment(Env.frameReaderRole, reader.roleArn);
  }
}
