import { S3Client } from '@aws-sdk/client-s3';
import { type PostTerms, presignedPost } from '../../../core/api/presigned-post.ts';
import type { Upload } from '../../../core/api/upload-routes.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { plusSeconds } from '../../../core/kernel/time.ts';
import { now } from '../platform/clock.ts';
import { environment } from '../platform/environment.ts';

// A signature expires with the credentials that made it, and a function does not know their rest of life: short.
const UPLOAD_SECONDS = 900;

let s3: S3Client | undefined;

/** A form that puts this one object into the frames bucket. */
export const signUpload = async (
  terms: Pick<PostTerms, 'key' | 'contentType' | 'maxBytes'>,
): Promise<Omit<Upload, 'frameKey'>> => {
  s3 ??= new S3Client({});
  const bucket = environment(Env.frameBucket);
  const [region, credentials] = await Promise.all([s3.config.region(), s3.config.credentials()]);
  const signedAt = now();
  const expiresAt = plusSeconds(signedAt, UPLOAD_SECONDS);
  const fields = presignedPost({ ...terms, bucket, region, now: signedAt, expiresAt }, credentials);
  return { url: addressOf(bucket), fields, expiresAt };
};

/** Where the SDK sends requests to as well: the bucket's own host, or below the endpoint that stands in for AWS. */
const addressOf = (bucket: string): string => {
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  return endpoint
    ? `${endpoint.replace(/\/+$/, '')}/${bucket}`
    : `https://${environment(Env.frameBucketHost)}/`;
};
