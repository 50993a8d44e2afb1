import { createHash } from 'node:crypto';
import { GetObjectCommand, NoSuchKey, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { CheckedFrame } from '../../../core/jobs/job.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { InvalidFrame } from '../../../core/kernel/errors.ts';
import type { ObjectLocation } from '../../../core/kernel/object-location.ts';
import { inspectFrame } from '../../../core/media/image/inspect-image.ts';
import type { Frame } from '../../../core/providers/provider.ts';
import { environment } from '../platform/environment.ts';
import { sessionPolicyFor } from './frame-session-policy.ts';

// The most that role chaining allows. An address cannot outlive the credentials that signed it.
const SIGNED_SECONDS = 3600;

let s3: S3Client | undefined;
let sts: STSClient | undefined;

const getObject = ({ bucket, key, versionId }: ObjectLocation): GetObjectCommand =>
  new GetObjectCommand({ Bucket: bucket, Key: key, ...(versionId ? { VersionId: versionId } : {}) });

/** The bytes of a frame. Throws `InvalidFrame` when it is too large or gone. */
const readFrame = async (location: ObjectLocation, maxBytes: number): Promise<Uint8Array> => {
  s3 ??= new S3Client({});
  try {
    const { Body, ContentLength = 0 } = await s3.send(getObject(location));
    if (!Body) throw new InvalidFrame('The frame is empty.');
    if (ContentLength > maxBytes) {
      // The body is not read: release the connection.
      if ('destroy' in Body) Body.destroy();
      throw new InvalidFrame(`The frame has ${ContentLength} bytes; it may have ${maxBytes}.`);
    }
    return await Body.transformToByteArray();
  } catch (error) {
    const isGone =
      error instanceof NoSuchKey || (error instanceof S3ServiceException && error.name === 'NoSuchVersion');
    if (isGone) throw new InvalidFrame('The frame was deleted before it could be read.', { cause: error });
    throw error;
  }
};

/** Inspects a frame by its content. Throws `InvalidFrame`. */
export const checkFrame = async (location: ObjectLocation, maxBytes: number): Promise<CheckedFrame> => {
  const bytes = await readFrame(location, maxBytes);
  const { mimeType, width, height, orientation } = inspectFrame(bytes);
  // From 5 on a viewer turns the picture by a quarter; a phone held upright writes such pictures.
  const isTurned = orientation >= 5;
  return {
    mimeType,
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    bytes: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
};

/** An address that opens this one object for an hour, signed by a role that can do nothing else. */
export const signObject = async (location: ObjectLocation): Promise<string> => {
  sts ??= new STSClient({});
  const role = environment(Env.frameReaderRole);
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: role,
      RoleSessionName: 'startframe-frame',
      DurationSeconds: SIGNED_SECONDS,
      Policy: sessionPolicyFor(location, role.split(':')[1] ?? 'aws'),
    }),
  );
  if (!Credentials?.AccessKeyId || !Credentials.SecretAccessKey || !Credentials.SessionToken)
    throw new Error('The FrameReader role gave no credentials.');
  const reader = new S3Client({
    credentials: {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      sessionToken: Credentials.SessionToken,
    },
  });
  return getSignedUrl(reader, getObject(location), { expiresIn: SIGNED_SECONDS });
};

/** A checked frame as a dialect takes it. */
export const frameAt = (location: ObjectLocation, { mimeType, bytes }: CheckedFrame): Frame => ({
  mimeType,
  bytes,
  url: () => signObject(location),
  read: () => readFrame(location, bytes),
});
