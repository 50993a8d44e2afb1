import type { RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Env } from '../core/kernel/contract.ts';
import { downloadsFrom } from './bucket-cors.ts';
import { type AccessLogBucket, PipelineBucket } from './pipeline-bucket.ts';
import type { PipelineFunction } from './pipeline-function.ts';

export interface VideoLibraryProps {
  readonly accessLogs: AccessLogBucket;
  readonly removalPolicy: RemovalPolicy;
  /** Web pages of these origins may read videos with what the API signed. */
  readonly allowedOrigins: readonly string[];
}

/** The bucket of videos and their manifests. Versioned: a job names the version that it stored. */
export class VideoLibrary extends Construct {
  readonly bucketName: string;
  private readonly bucket: PipelineBucket;

  constructor(scope: Construct, id: string, { allowedOrigins, ...props }: VideoLibraryProps) {
    super(scope, id);
    this.bucket = new PipelineBucket(this, 'Videos', {
      ...props,
      versioned: true,
      cors: downloadsFrom(allowedOrigins),
    });
    this.bucketName = this.bucket.bucketName;
  }

  /** Lets the function open videos, and sign addresses that open one. */
  grantRead(fn: PipelineFunction): void {
    this.bucket.grantReadVersions(fn.executionRole);
    fn.addEnvironment(Env.videoBucket, this.bucket.bucketName);
  }

  /** Lets the function find the versions of a file and delete each permanently. */
  grantDelete(fn: PipelineFunction): void {
    this.bucket.grantDeleteVersions(fn.executionRole);
  }

  /** Lets the function check whether a video is there, store it, and abort an upload that failed. */
  grantStore(fn: PipelineFunction): void {
    this.bucket.grantReadVersions(fn.executionRole);
    this.bucket.grantOnObjects(fn.executionRole, 's3:PutObject', 's3:AbortMultipartUpload');
    fn.addEnvironment(Env.videoBucket, this.bucket.bucketName);
  }
}
