import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { MAX_MANIFEST_BYTES } from '../../../core/api/batch-request.ts';
import type { BatchFailure, ManifestFile } from '../../../core/batches/batch.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { isObjectKey } from '../../../core/kernel/ids.ts';
import { canReference, uploadKey } from '../../../core/request/media-reference.ts';
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
 * Keeps orders that came in a body as a manifest, among the uploads of their owner. The key names the content, so what is there is
 * never replaced by anything else.
 */
export const putManifest = async (
  owner: string,
  batchId: string,
  hash: string,
  orders: readonly unknown[],
): Promise<ManifestFile> => {
  const bucket = environment(Env.frameBucket);
  const key = uploadKey(owner, batchId, `${hash}.jsonl`);
  const { ETag = '' } = await s3().send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: orders.map((order) => `${JSON.stringify(order)}\n`).join(''),
      ContentType: 'application/jsonl',
    }),
  );
  return { bucket, key, etag: ETag, format: 'jsonl' };
};

/** A manifest in the frames bucket as it is now, if its owner may use it; or what is wrong with it. */
export const findManifest = async (name: string, owner: string): Promise<ManifestFile | ParameterProblem> => {
  const frames = environment(Env.frameBucket);
  const [, bucket = frames, key = name] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(name) ?? [];
  if (bucket !== frames) return problem('manifest', name, `it must be in ${frames}`);
  const { admins, dropOwner, sharedFrames } = settings();
  const namer = { owner, isAdmin: admins.includes(owner) };
  const may = canReference({ key, bucketIs: 'frames' }, namer, { dropOwner, sharedFrames });
  if (may === 'not-shared')
    return problem(
      'manifest',
      name,
      'this stage does not share what was put there; upload it (POST /uploads)',
    );
  const head = may === 'yes' && isObjectKey(key) ? await headObject({ bucket, key }) : undefined;
  if (!head) return problem('manifest', name, 'there is no such object');
  const { ContentLength = 0, ETag = '' } = head;
  if (ContentLength > MAX_MANIFEST_BYTES)
    return problem(
      'manifest',
      name,
      `it has ${ContentLength} bytes, and a manifest at most ${MAX_MANIFEST_BYTES}`,
    );
  return { bucket, key, etag: ETag };
};

/** The manifest, if it is still what was accepted. */
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
      return { code: 'MANIFEST_MISSING', message: 'The manifest is not there any more.' };
    if (error.$metadata.httpStatusCode === 412)
      return {
        code: 'MANIFEST_CHANGED',
        message:
          'The manifest was written again while its rows were being ordered. The rest is another batch.',
      };
    throw error;
  }
};
