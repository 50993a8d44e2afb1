import { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { presignedPost } from '../../../../core/api/presigned-post.ts';

const now = '2026-11-21T14:05:06.789Z';
const terms = {
  bucket: 'frames',
  key: 'uploads/owner/1-shoe.png',
  contentType: 'image/png',
  maxBytes: 48_211,
  region: 'eu-central-1',
  now,
  expiresAt: '2026-11-21T14:20:06.789Z',
};

afterEach(() => jest.restoreAllMocks());

it.each([
  ['of a function', { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' }],
  ['of a user', { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'another secret' }],
])('makes what the package of AWS makes, with the credentials %s', async (_, credentials) => {
  jest.spyOn(Date, 'now').mockReturnValue(Date.parse(now));
  const { fields } = await createPresignedPost(new S3Client({ region: terms.region, credentials }), {
    Bucket: terms.bucket,
    Key: terms.key,
    Conditions: [['content-length-range', 1, terms.maxBytes]],
    Fields: { 'Content-Type': terms.contentType },
    Expires: 900,
  });
  expect(presignedPost(terms, credentials)).toEqual(fields);
});
