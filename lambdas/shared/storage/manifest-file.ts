import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { MAX_MANIFEST_BYTES, type ManifestName } from '../../../core/api/batch-request.ts';
import type { BatchFailure, ManifestFile } from '../../../core/batches/batch.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { isObjectKey } from '../../../core/kernel/ids.ts';
import { canReference, locationOfS3Uri, uploadKey } from '../../../core/request/media-reference.ts';
import { type ParameterProblem, problem } from '../../../core/request/parameters.ts';
import { environment } from '../platform/environment.ts';
import { settings } from '../platform/settings.ts';
import { headObject } from './media-resolver.ts';

let client: S3Client | undefined;
const s3 = (): S3Client => {
  client ??= new S3Client({});
  return client;
};

/**
 * Keeps the job requests of a body as a manifest, among the uploads of their owner. The key contains the hash of the content, so
 * other content never replaces it.
 */
export const putManifest = async (
  owner: string,
  batchId: string,
  hash: string,
  requests: readonly unknown[],
): Promise<ManifestFile> => {
  const bucket = environment(Env.frameBucket);
  const key = uploadKey(owner, batchId, `${hash}.jsonl`);
  const { ETag = '' } = await s3().send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: requests.map((request) => `${JSON.stringify(request)}\n`).join(''),
      ContentType: 'application/jsonl',
    }),
  );
  return { bucket, key, etag: ETag, format: 'jsonl' };
};

/** The manifest as it is now, if it is in the frames bucket and this owner may use it; else why not. */
export const findManifest = async (
  manifest: ManifestName,
  owner: string,
): Promise<ManifestFile | ParameterProblem> => {
  const frames = environment(Env.frameBucket);
  const named = 'key' in manifest ? manifest.key : manifest.s3Uri;
  const refuse = (allowed: string) => problem('manifest', named, allowed);
  const location =
    'key' in manifest ? { bucket: frames, key: manifest.key } : locationOfS3Uri(manifest.s3Uri);
  if (location?.bucket !== frames) return refuse(`it must be in ${frames}`);
  const { key } = location;
  const { admins, dropOwner, sharedFrames } = settings();
  const requester = { owner, isAdmin: admins.includes(owner) };
  const permission = canReference({ key, bucketIs: 'frames' }, requester, { dropOwner, sharedFrames });
  if (permission === 'not-shared')
    return refuse('this stage does not share what others put there; upload the manifest (POST /uploads)');
  const head = permission === 'yes' && isObjectKey(key) ? await headObject(location) : undefined;
  if (!head) return refuse('there is no such object');
  const { ContentLength = 0, ETag = '' } = head;
  if (ContentLength > MAX_MANIFEST_BYTES)
    return refuse(`it has ${ContentLength} bytes; a manifest may have ${MAX_MANIFEST_BYTES}`);
  return { ...location, etag: ETag };
};

/** The manifest, if its content is still what was accepted. */
export const readManifestFile = async ({
  bucket,
  key,
  etag,
}: ManifestFile): Promise<Uint8Array | BatchFailure> => {
  try {
    const { Body } = await s3().send(new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    if (error.$metadata.httpStatusCode === 404)
      return { code: 'MANIFEST_MISSING', message: 'The manifest was deleted.' };
    if (error.$metadata.httpStatusCode === 412)
      return {
        code: 'MANIFEST_CHANGED',
        message:
          'The manifest was overwritten before all of its rows became jobs. Send the remaining rows as another batch.',
      };
    throw error;
  }
};
