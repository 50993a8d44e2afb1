import { type SignedParts, signatureFor, signatureOf } from '../../support/strict-wire/signature.ts';

// The examples that AWS publishes, each with its signature:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
// and the test suite of Signature Version 4 ("get-vanilla-query-order-key-case").
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const s3 = {
  key: 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  headers: { host: 'examplebucket.s3.amazonaws.com', 'x-amz-date': '20130524T000000Z' },
};
const suite = {
  key: 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  headers: { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' },
};

interface Example {
  readonly of: typeof s3;
  readonly method?: string;
  readonly path?: string;
  readonly query?: [string, string][];
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly signature: string;
}

const examples: Record<string, Example> = {
  'GET of an object': {
    of: s3,
    path: '/test.txt',
    headers: { range: 'bytes=0-9', 'x-amz-content-sha256': EMPTY },
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  'PUT of an object with a dollar in its key': {
    of: s3,
    method: 'PUT',
    path: '/test%24file.text',
    headers: {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    },
    body: 'Welcome to Amazon S3.',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  'GET with a query without a value': {
    of: s3,
    query: [['lifecycle', '']],
    headers: { 'x-amz-content-sha256': EMPTY },
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  'GET with a query': {
    of: s3,
    query: [
      ['max-keys', '2'],
      ['prefix', 'J'],
    ],
    headers: { 'x-amz-content-sha256': EMPTY },
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
  'a query that is not sorted': {
    of: suite,
    query: [
      ['Param2', 'value2'],
      ['Param1', 'value1'],
    ],
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
};

it.each(Object.entries(examples))('%s has the signature that AWS publishes', (_, example) => {
  const headers = new Map(Object.entries({ ...example.of.headers, ...example.headers }).sort());
  const signedHeaders = [...headers.keys()].sort().join(';');
  headers.set(
    'authorization',
    `AWS4-HMAC-SHA256 Credential=${example.of.key}, SignedHeaders=${signedHeaders}, Signature=${example.signature}`,
  );
  const request: SignedParts = {
    method: example.method ?? 'GET',
    path: example.path ?? '/',
    query: example.query ?? [],
    headers,
    body: Buffer.from(example.body ?? ''),
  };
  const signature = signatureOf(request.headers, request.query);
  expect(signature && signatureFor(request, signature, example.of.secret)).toBe(example.signature);
});

it('a presigned address has the signature that AWS publishes', () => {
  const signature = 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
  const request: SignedParts = {
    method: 'GET',
    path: '/test.txt',
    query: [
      ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
      ['X-Amz-Credential', s3.key],
      ['X-Amz-Date', '20130524T000000Z'],
      ['X-Amz-Expires', '86400'],
      ['X-Amz-SignedHeaders', 'host'],
      ['X-Amz-Signature', signature],
    ],
    headers: new Map([['host', s3.headers.host]]),
    body: Buffer.alloc(0),
  };
  const read = signatureOf(request.headers, request.query);
  expect(read).toMatchObject({ expiresSeconds: 86_400, service: 's3', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' });
  expect(read && signatureFor(request, read, s3.secret)).toBe(signature);
});
