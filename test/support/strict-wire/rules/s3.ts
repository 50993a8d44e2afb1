import { createHash } from 'node:crypto';
import { type AwsChunked, readAwsChunked } from '../aws-chunked.ts';
import { checksumNames, isChecksumRight } from '../checksums.ts';
import { bytesOf, first, type Rule } from '../rule.ts';
import { bucketAndKey, queryValue, type WireRequest } from '../wire-request.ts';

const ERRORS = 'https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html';
const STREAMING = 'https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html';
const TRAILERS = 'https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html';
const INTEGRITY = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html';
const KEYS = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html';
const METADATA = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html';
const MULTIPART = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html';
const DELETE = 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html';
const BUCKETS = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html';

const MIN_CHUNK_BYTES = 8192;
const MIN_PART_BYTES = 5 * 1024 ** 2;
const MAX_PUT_BYTES = 5 * 1024 ** 3;
const METADATA_PREFIX = 'x-amz-meta-';

const isStreamed = ({ headers }: WireRequest): boolean =>
  headers.get('x-amz-content-sha256')?.startsWith('STREAMING-') === true;

/** The body of a streamed upload. Rules ask one after the other, of the same request. */
const chunked = (request: WireRequest): AwsChunked | undefined => {
  if (!isStreamed(request)) return undefined;
  let read = seen.get(request);
  if (!read) {
    read = { body: readAwsChunked(request.body) };
    seen.set(request, read);
  }
  return read.body;
};
const seen = new WeakMap<WireRequest, { readonly body: AwsChunked | undefined }>();

const announced = ({ headers }: WireRequest): string[] =>
  (headers.get('x-amz-trailer') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');

const contentOf = (request: WireRequest): Buffer => chunked(request)?.content ?? request.body;

const declaredBytes = ({ headers }: WireRequest): number =>
  Number(headers.get('x-amz-decoded-content-length') ?? headers.get('content-length') ?? 0);

export const s3Rules: readonly Rule[] = [
  {
    id: 'bucket-name',
    service: 's3',
    document: BUCKETS,
    status: 400,
    code: 'InvalidBucketName',
    check: ({ operation, path }) =>
      operation === 'CreateBucket' &&
      !/^(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/.test(bucketAndKey(path)[0])
        ? 'The specified bucket is not valid'
        : undefined,
  },
  {
    id: 'key-over-1024-bytes',
    service: 's3',
    document: KEYS,
    status: 400,
    code: 'KeyTooLongError',
    check: ({ path }) => (bytesOf(bucketAndKey(path)[1]) > 1024 ? 'Your key is too long' : undefined),
  },
  {
    id: 'metadata-over-2-kb',
    service: 's3',
    document: METADATA,
    status: 400,
    code: 'MetadataTooLarge',
    check: ({ headers }) => {
      const bytes = [...headers]
        .filter(([name]) => name.startsWith(METADATA_PREFIX))
        .reduce((sum, [name, value]) => sum + name.length - METADATA_PREFIX.length + value.length, 0);
      return bytes > 2048
        ? `Your metadata headers exceed the maximum allowed metadata size (${bytes})`
        : undefined;
    },
  },
  {
    id: 'put-over-5-gb',
    service: 's3',
    document: MULTIPART,
    status: 400,
    code: 'EntityTooLarge',
    check: (request) =>
      ['PutObject', 'UploadPart'].includes(request.operation) && declaredBytes(request) > MAX_PUT_BYTES
        ? 'Your proposed upload exceeds the maximum allowed size'
        : undefined,
  },
  {
    id: 'streamed-without-length',
    service: 's3',
    document: STREAMING,
    status: 411,
    code: 'MissingContentLength',
    check: (request) =>
      isStreamed(request) && !request.headers.has('x-amz-decoded-content-length')
        ? 'You must provide the x-amz-decoded-content-length HTTP header'
        : undefined,
  },
  {
    id: 'stream-cut-off',
    service: 's3',
    document: ERRORS,
    status: 400,
    code: 'IncompleteBody',
    check: (request) =>
      isStreamed(request) && chunked(request)?.content.byteLength !== declaredBytes(request)
        ? 'The request body terminated unexpectedly'
        : undefined,
  },
  {
    id: 'chunk-below-8192-bytes',
    service: 's3',
    document: STREAMING,
    status: 403,
    code: 'InvalidChunkSizeError',
    check: (request) => {
      const small = chunked(request)
        ?.chunkBytes.slice(0, -1)
        .find((bytes) => bytes < MIN_CHUNK_BYTES);
      return small === undefined
        ? undefined
        : `Only the last chunk is allowed to have a size less than 8192 bytes (${small})`;
    },
  },
  {
    id: 'trailer-announced-and-missing',
    service: 's3',
    document: TRAILERS,
    status: 400,
    code: 'MalformedTrailerError',
    check: (request) => {
      const trailers = chunked(request)?.trailers;
      const missing = trailers && announced(request).find((name) => !trailers.has(name));
      return missing
        ? `The request contained trailing data that was not well-formed (${missing})`
        : undefined;
    },
  },
  {
    id: 'checksum-of-trailer',
    service: 's3',
    document: TRAILERS,
    status: 400,
    code: 'BadDigest',
    check: (request) => {
      const { content, trailers } = chunked(request) ?? {};
      return first(
        [...(trailers ?? [])].map(
          ([name, value]) =>
            content &&
            isChecksumRight(name, value, content) === false &&
            `The ${name} you specified did not match what we received`,
        ),
      );
    },
  },
  {
    id: 'checksum-of-header',
    service: 's3',
    document: INTEGRITY,
    status: 400,
    code: 'BadDigest',
    check: (request) => {
      if (!['PutObject', 'UploadPart', 'DeleteObjects'].includes(request.operation)) return undefined;
      return first(
        checksumNames.map((name) => {
          const value = request.headers.get(name);
          return (
            value !== undefined &&
            isChecksumRight(name, value, contentOf(request)) === false &&
            `The ${name} you specified did not match what we received`
          );
        }),
      );
    },
  },
  {
    id: 'content-md5',
    service: 's3',
    document: ERRORS,
    status: 400,
    code: 'BadDigest',
    check: (request) => {
      const given = request.headers.get('content-md5');
      if (given === undefined) return undefined;
      return createHash('md5').update(contentOf(request)).digest('base64') === given
        ? undefined
        : 'The Content-MD5 you specified did not match what we received';
    },
  },
  {
    id: 'delete-without-checksum',
    service: 's3',
    document: DELETE,
    status: 400,
    code: 'InvalidRequest',
    check: ({ operation, headers }) =>
      operation === 'DeleteObjects' &&
      ![...headers.keys()].some((name) => name === 'content-md5' || name.startsWith('x-amz-checksum-'))
        ? 'Missing required header for this request: Content-MD5'
        : undefined,
  },
  {
    id: 'delete-over-1000-keys',
    service: 's3',
    document: DELETE,
    status: 400,
    code: 'MalformedXML',
    check: ({ operation, body }) =>
      operation === 'DeleteObjects' && (body.toString().match(/<Object>/g) ?? []).length > 1000
        ? 'The XML you provided was not well-formed or did not validate against our published schema'
        : undefined,
  },
  {
    id: 'part-number-over-10000',
    service: 's3',
    document: MULTIPART,
    status: 400,
    code: 'InvalidArgument',
    check: (request) => {
      if (request.operation !== 'UploadPart') return undefined;
      const number = Number(queryValue(request, 'partNumber'));
      return number >= 1 && number <= 10_000
        ? undefined
        : 'Part number must be an integer between 1 and 10000, inclusive';
    },
  },
  {
    id: 'part-below-5-mib',
    service: 's3',
    document: MULTIPART,
    status: 400,
    code: 'EntityTooSmall',
    check: (request) => {
      const upload = queryValue(request, 'uploadId') ?? '';
      const parts = request.memory.parts.get(upload) ?? new Map<number, number>();
      if (request.operation === 'UploadPart') {
        parts.set(Number(queryValue(request, 'partNumber')), contentOf(request).byteLength);
        request.memory.parts.set(upload, parts);
        return undefined;
      }
      if (request.operation !== 'CompleteMultipartUpload') return undefined;
      const numbers = [...request.body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)]
        .map(([, number]) => Number(number))
        .sort((a, b) => a - b);
      return numbers.slice(0, -1).some((number) => (parts.get(number) ?? MIN_PART_BYTES) < MIN_PART_BYTES)
        ? 'Your proposed upload is smaller than the minimum allowed size'
        : undefined;
    },
  },
];
