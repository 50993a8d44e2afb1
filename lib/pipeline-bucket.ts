import { Duration, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type CorsRule,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface PipelineBucketProps {
  readonly removalPolicy: RemovalPolicy;
  /** The bucket of the access logs; without it S3 writes none. */
  readonly accessLogs?: PipelineBucket;
  readonly versioned?: boolean;
  /** Days until an object is deleted; without it objects stay. */
  readonly expireAfterDays?: number;
  /** What web pages of other origins may do, beside what the request's signature allows. Nothing by default. */
  readonly cors?: readonly CorsRule[];
}

/** A bucket with our defaults: private, encrypted, TLS only, without ACLs; S3 aborts an unfinished upload after a day. */
export class PipelineBucket extends Bucket {
  constructor(scope: Construct, id: string, props: PipelineBucketProps) {
    const lifecycleRules: LifecycleRule[] = [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }];
    if (props.expireAfterDays !== undefined) {
      lifecycleRules.push({ expiration: Duration.days(props.expireAfterDays) });
    }
    super(scope, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: props.versioned ?? false,
      lifecycleRules,
      removalPolicy: props.removalPolicy,
      ...(props.cors?.length && { cors: [...props.cors] }),
      ...(props.accessLogs && {
        // CDK's classes miss its interfaces by the `undefined` of their optional properties.
        serverAccessLogsBucket: props.accessLogs as IBucket,
        serverAccessLogsPrefix: `${id.toLowerCase()}/`,
      }),
    });
  }

  /** Lets the role do these actions on every object, and on nothing else of the bucket. */
  grantOnObjects(role: IRole, ...actions: string[]): void {
    this.grantOnObjectsBelow('', role, ...actions);
  }

  /** The same for the objects below a prefix: `uploads/`. */
  grantOnObjectsBelow(prefix: string, role: IRole, ...actions: string[]): void {
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions, resources: [this.arnForObjects(`${prefix}*`)] }),
    );
    const bucket = Stack.of(this).getLogicalId(this.node.defaultChild as CfnBucket);
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucket}.Arn>/${prefix}*]`,
      reason: 'People choose the keys of objects; the actions are named one by one.',
    });
  }

  /**
   * Lets the role read objects and their versions. The rights to list make S3 answer 404 for what is missing: without
   * `ListBucket` a missing key, and without `ListBucketVersions` a missing version, is a 403.
   */
  grantReadVersions(role: IRole): void {
    this.grantOnObjects(role, 's3:GetObject', 's3:GetObjectVersion');
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket', 's3:ListBucketVersions'],
        resources: [this.bucketArn],
      }),
    );
  }

  /** Lets the role find the versions of an object and delete them one by one. */
  grantDeleteVersions(role: IRole): void {
    this.grantOnObjects(role, 's3:DeleteObjectVersion');
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:ListBucketVersions'], resources: [this.bucketArn] }),
    );
  }
}

/** The access logs of the other buckets, kept for 90 days. */
export class AccessLogBucket extends PipelineBucket {
  constructor(scope: Construct, id: string, props: { readonly removalPolicy: RemovalPolicy }) {
    super(scope, id, { removalPolicy: props.removalPolicy, expireAfterDays: 90 });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'A bucket of access logs that logs itself writes without end.',
    });
  }
}
