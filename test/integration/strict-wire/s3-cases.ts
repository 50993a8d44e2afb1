import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { uniqueName } from '../../support/aws.ts';
import { type Cases, changing, type OpenRequest, open, text } from './cases.ts';

const MIB = 1024 ** 2;

const flipped = async function* (body: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  for await (const chunk of body) yield Buffer.from(String(chunk).replace(text(10), `${text(9)}y`));
};

const withAcl = ({ headers }: OpenRequest) => ({ headers: { ...headers, 'x-amz-acl': 'private' } });

const without = (headers: OpenRequest['headers'], names: RegExp) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.test(name)));

export const signingCases: Cases = ({ s3, bucket, access }) => {
  const put = (client: S3Client) =>
    client.send(new PutObjectCommand({ Bucket: bucket, Key: 'key', Body: 'x' }));
  const address = async (expiresIn: number, signingDate = new Date()) => {
    await put(s3);
    return getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: 'key' }), { expiresIn, signingDate });
  };
  const wrongKey = { ...access, credentials: { accessKeyId: 'test', secretAccessKey: 'wrong' } };
  const late = (minutes: number) => new S3Client({ ...access, systemClockOffset: -minutes * 60_000 });
  return {
    'presigned-for-more-than-seven-days': {
      breaks: async () => open((await address(600)).replace('X-Amz-Expires=600', 'X-Amz-Expires=604801')),
      keeps: async () => open(await address(604_800)),
    },
    'presigned-and-expired': {
      breaks: async () => open(await address(60, new Date(Date.now() - 61_000))),
      keeps: async () => open(await address(60, new Date(Date.now() - 30_000))),
    },
    'signed-too-long-ago': { breaks: () => put(late(16)), keeps: () => put(late(14)) },
    'header-not-signed': {
      breaks: () => put(changing(access, 'after', withAcl)),
      keeps: () => put(changing(access, 'before', withAcl)),
    },
    'signature-does-not-match': { breaks: () => put(new S3Client(wrongKey)), keeps: () => put(s3) },
    'payload-is-not-what-was-signed': {
      breaks: () => put(changing(access, 'after', () => ({ body: 'y' }))),
      keeps: () => put(s3),
    },
  };
};

export const s3Cases: Cases = ({ s3, bucket, access }) => {
  const put = (input: object, client: S3Client = s3) =>
    client.send(new PutObjectCommand({ Bucket: bucket, Key: 'key', Body: 'x', ...input }));
  /** A body that the SDK streams, in chunks of these sizes. */
  const streamed = (chunkBytes: number[], client: S3Client = s3, input: object = {}) =>
    put(
      {
        Body: Readable.from(chunkBytes.map((bytes) => Buffer.from(text(bytes)))),
        ContentLength: chunkBytes.reduce((sum, bytes) => sum + bytes, 0),
        ...input,
      },
      client,
    );
  const remove = (count: number, client: S3Client = s3) =>
    client.send(
      new DeleteObjectsCommand({
        Bucket: bucket,
        Delete: { Objects: Array.from({ length: count }, (_, index) => ({ Key: `gone${index}` })) },
      }),
    );
  const begin = async () => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'parts' }));
    return UploadId;
  };
  const part = (UploadId: string | undefined, PartNumber: number, bytes: number) =>
    s3.send(
      new UploadPartCommand({
        Bucket: bucket,
        Key: 'parts',
        UploadId,
        PartNumber,
        Body: Buffer.alloc(bytes),
      }),
    );
  const inParts = async (...sizes: number[]) => {
    const UploadId = await begin();
    const Parts = [];
    for (const [index, bytes] of sizes.entries())
      Parts.push({ PartNumber: index + 1, ETag: (await part(UploadId, index + 1, bytes)).ETag });
    return s3.send(
      new CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key: 'parts',
        UploadId,
        MultipartUpload: { Parts },
      }),
    );
  };
  const before = (change: Parameters<typeof changing>[2], options?: object) =>
    changing(access, 'before', change, options);
  return {
    'bucket-name': {
      breaks: () => s3.send(new CreateBucketCommand({ Bucket: 'Upper' })),
      keeps: () => s3.send(new CreateBucketCommand({ Bucket: uniqueName('wire-lower') })),
    },
    'key-over-1024-bytes': {
      breaks: () => put({ Key: 'ü'.repeat(513) }),
      keeps: () => put({ Key: 'ü'.repeat(512) }),
    },
    'metadata-over-2-kb': {
      breaks: () => put({ Metadata: { prompt: text(2043) } }),
      keeps: () => put({ Metadata: { prompt: text(2042) } }),
    },
    'put-over-5-gb': {
      breaks: () => streamed([10], s3, { ContentLength: 5 * 1024 ** 3 + 1 }),
      keeps: () => streamed([10]),
    },
    'streamed-without-length': {
      breaks: () =>
        streamed(
          [10],
          before(({ headers }) => ({ headers: without(headers, /^x-amz-decoded-content-length$/) })),
        ),
      keeps: () => streamed([10]),
    },
    'stream-cut-off': {
      breaks: () => streamed([10], s3, { ContentLength: 11 }),
      keeps: () => streamed([10]),
    },
    'chunk-below-8192-bytes': {
      breaks: () => streamed([8192, 8191, 8192]),
      keeps: () => streamed([8192, 8192, 1]),
    },
    'trailer-announced-and-missing': {
      breaks: () =>
        streamed(
          [10],
          before(({ headers }) => ({
            headers: { ...headers, 'x-amz-trailer': `${headers['x-amz-trailer']},x-amz-checksum-sha256` },
          })),
        ),
      keeps: () => streamed([10]),
    },
    'checksum-of-trailer': {
      breaks: () =>
        streamed(
          [10],
          before(({ body }) => ({ body: Readable.from(flipped(body as Readable)) })),
        ),
      keeps: () => streamed([10]),
    },
    'checksum-of-header': {
      breaks: () => put({ ChecksumSHA256: Buffer.alloc(32).toString('base64') }),
      keeps: () => put({ ChecksumAlgorithm: 'CRC32C' }),
    },
    'content-md5': {
      breaks: () => put({ ContentMD5: Buffer.alloc(16).toString('base64') }),
      keeps: () => put({ ContentMD5: 'ndTkYSaMgDT1yFZOFVxnpg==' }),
    },
    'delete-without-checksum': {
      breaks: () =>
        remove(
          1,
          before(({ headers }) => ({ headers: without(headers, /checksum-|content-md5/i) })),
        ),
      keeps: () => remove(1),
    },
    'delete-over-1000-keys': { breaks: () => remove(1001), keeps: () => remove(1000) },
    'part-number-over-10000': {
      breaks: async () => part(await begin(), 10_001, 1),
      keeps: async () => part(await begin(), 10_000, 1),
    },
    'part-below-5-mib': {
      breaks: () => inParts(5 * MIB - 1, 1),
      keeps: () => inParts(5 * MIB, 1),
    },
  };
};
