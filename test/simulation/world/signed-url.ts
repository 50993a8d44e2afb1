import type { ObjectStore } from './object-store.ts';
import type { Secrets } from './secrets.ts';

/** Answers a presigned URL as S3 does: the frame-reader role must have signed it, and it must not have expired. */
export const openSigned = (
  address: URL,
  objects: ObjectStore,
  { frameReader }: Secrets,
  nowMs: number,
): { readonly status: number; readonly body: Uint8Array } => {
  const refuse = (status: number) => ({ status, body: Buffer.from('<Error/>') });
  const query = address.searchParams;
  const signedAt = query.get('X-Amz-Date')?.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const endsAt = Date.parse(signedAt ?? '') + Number(query.get('X-Amz-Expires')) * 1000;
  const isSigned = query.get('X-Amz-Security-Token') === frameReader.token && query.has('X-Amz-Signature');
  if (!isSigned || !(nowMs <= endsAt)) return refuse(403);
  const bucket = address.hostname.split('.s3.')[0] ?? '';
  const key = decodeURIComponent(address.pathname.slice(1));
  const object = objects.find(bucket, key, query.get('versionId') ?? undefined);
  return object ? { status: 200, body: object.bytes } : refuse(404);
};
