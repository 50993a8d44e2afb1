import { Readable } from 'node:stream';
import { NoSuchKey, NotFound, S3ServiceException } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { UnsupportedRequest } from './dynamodb/values.ts';

export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly bytes: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

const Location = z.strictObject({ Bucket: z.string(), Key: z.string(), VersionId: z.string().optional() });
const Metadata = z.record(z.string(), z.string()).default({});
const Put = z.strictObject({
  Bucket: z.string(),
  Key: z.string(),
  Body: z.unknown(),
  ContentLength: z.number().optional(),
  ContentType: z.string().optional(),
  Metadata,
});
const Upload = z.object({ UploadId: z.string() });
const Part = z.object({ UploadId: z.string(), PartNumber: z.number(), Body: z.unknown() });
const Complete = z.object({
  UploadId: z.string(),
  MultipartUpload: z.object({ Parts: z.array(z.object({ PartNumber: z.number() })) }),
});

const notFound = { httpStatusCode: 404, requestId: 'proof', attempts: 1 };

/** S3 in memory, with versioned buckets. A key appears with the last byte of its object. */
export class ObjectStore {
  readonly all: StoredObject[] = [];
  private readonly uploads = new Map<string, { target: z.infer<typeof Put>; parts: Map<number, Buffer> }>();
  private count = 0;

  find(bucket: string, key: string, versionId?: string): StoredObject | undefined {
    return this.all.findLast(
      (object) =>
        object.bucket === bucket &&
        object.key === key &&
        (versionId === undefined || object.versionId === versionId),
    );
  }

  put(bucket: string, key: string, bytes: Buffer, metadata: Readonly<Record<string, string>>): StoredObject {
    this.count += 1;
    const object = { bucket, key, bytes, metadata, versionId: `v${this.count}` };
    this.all.push(object);
    return object;
  }

  async send(command: string, input: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    switch (command) {
      case 'HeadObjectCommand': {
        const { Bucket, Key, VersionId } = Location.parse(input);
        const object = this.find(Bucket, Key, VersionId);
        if (!object) throw new NotFound({ message: 'NotFound', $metadata: notFound });
        return headOf(object);
      }
      case 'GetObjectCommand': {
        const { Bucket, Key, VersionId } = Location.parse(input);
        const object = this.find(Bucket, Key, VersionId);
        if (object) return { ...headOf(object), Body: bodyOf(object.bytes) };
        if (VersionId === undefined || !this.find(Bucket, Key))
          throw new NoSuchKey({ message: 'The specified key does not exist.', $metadata: notFound });
        throw new S3ServiceException({
          name: 'NoSuchVersion',
          $fault: 'client',
          message: 'The specified version does not exist.',
          $metadata: notFound,
        });
      }
      case 'PutObjectCommand': {
        const put = Put.parse(input);
        const bytes = await read(put.Body, put.ContentLength, signal);
        const object = this.put(put.Bucket, put.Key, bytes, put.Metadata);
        // S3 has the object by now, but an aborted sender still gets its AbortError.
        if (signal?.aborted) throw aborted();
        return headOf(object);
      }
      case 'CreateMultipartUploadCommand': {
        this.count += 1;
        const UploadId = `upload${this.count}`;
        this.uploads.set(UploadId, { target: Put.parse(input), parts: new Map() });
        return { UploadId };
      }
      case 'UploadPartCommand': {
        const { UploadId, PartNumber, Body } = Part.parse(input);
        this.upload(UploadId).parts.set(PartNumber, await read(Body, undefined, signal));
        return { ETag: `"part${PartNumber}"` };
      }
      case 'CompleteMultipartUploadCommand': {
        const { UploadId, MultipartUpload } = Complete.parse(input);
        const { target, parts } = this.upload(UploadId);
        const pieces = MultipartUpload.Parts.map(
          ({ PartNumber }) => parts.get(PartNumber) ?? Buffer.alloc(0),
        );
        return headOf(this.put(target.Bucket, target.Key, Buffer.concat(pieces), target.Metadata));
      }
      case 'AbortMultipartUploadCommand':
        this.uploads.delete(Upload.parse(input).UploadId);
        return {};
      default:
        throw new UnsupportedRequest(`S3: ${command}`);
    }
  }

  private upload(id: string) {
    const upload = this.uploads.get(id);
    if (!upload) throw new NotFound({ message: 'NoSuchUpload', $metadata: notFound });
    return upload;
  }
}

const headOf = ({ bytes, metadata, versionId }: StoredObject) => ({
  ContentLength: bytes.length,
  Metadata: metadata,
  VersionId: versionId,
  ETag: `"${versionId}"`,
});

const bodyOf = (bytes: Buffer) =>
  Object.assign(Readable.from([bytes]), {
    transformToByteArray: async () => new Uint8Array(bytes),
    transformToString: async () => bytes.toString(),
  });

/** Reads a body as S3 does: with a declared length the object is complete at its last byte, even if the sender then fails. */
const read = (
  body: unknown,
  length: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Buffer> => {
  if (typeof body === 'string') return Promise.resolve(Buffer.from(body));
  if (body instanceof Uint8Array) return Promise.resolve(Buffer.from(body));
  if (!(body instanceof Readable))
    throw new UnsupportedRequest('S3: a body that is neither text, bytes nor a stream');
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    const finish = () => resolve(Buffer.concat(chunks).subarray(0, length));
    if (signal?.aborted) reject(aborted());
    signal?.addEventListener('abort', () => reject(aborted()));
    if (length === 0) finish();
    body.on('data', (chunk: Buffer) => {
      chunks.push(Buffer.from(chunk));
      total += chunk.length;
      if (length !== undefined && total >= length) finish();
    });
    body.once('end', () => {
      if (length === undefined) finish();
      else reject(Object.assign(new Error('The body is shorter than declared'), { name: 'IncompleteBody' }));
    });
    body.once('error', reject);
    body.once('close', () => reject(aborted()));
  });
};

const aborted = (): Error => Object.assign(new Error('Request aborted'), { name: 'AbortError' });
