import { createServer, type Server } from 'node:http';
import * as z from 'zod';
import type { handler as Handler } from '../../../../lambdas/job-api.ts';
import { type ApiEventOptions, apiEvent, signedBy } from '../../../support/api-event.ts';
import { buckets, startAws, type TestAws } from '../../../support/aws.ts';
import { runtimeSettings } from '../../../support/jobs.ts';
import { context } from '../../../support/lambda.ts';

let aws: TestAws;
let handler: typeof Handler;
beforeAll(async () => {
  aws = await startAws(runtimeSettings());
  ({ handler } = await import('../../../../lambdas/job-api.ts'));
}, 120_000);
afterAll(() => aws.stop());

const authorizer = signedBy('arn:aws:sts::111122223333:assumed-role/Shop/i-0abc');
const Problem = z.looseObject({
  title: z.string().optional(),
  detail: z.string().optional(),
  jobId: z.string().optional(),
});

const call = async (routeKey: string, options: ApiEventOptions) => {
  const answer = await handler(apiEvent(routeKey, { authorizer, ...options }), context);
  const body = Problem.parse(JSON.parse(answer.body ?? '{}'));
  return { status: answer.statusCode, headers: answer.headers ?? {}, body };
};
const order = (body: string | Buffer, headers: Record<string, string> = {}) =>
  call('POST /jobs', {
    headers,
    ...(typeof body === 'string' ? { body } : { body: body.toString('base64'), isBase64Encoded: true }),
  });

const good = JSON.stringify({ prompt: 'A boat.' });

describe('what a body is', () => {
  it.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['application/json;charset="UTF-8"'],
    ['application/vnd.startframe+json'],
    [''],
  ])('%j is read', async (type) => {
    expect(await order(good, { 'content-type': type })).toMatchObject({ status: 202 });
  });

  it('a body that does not say what it is counts as JSON, also as API Gateway then encodes it', async () => {
    expect(await order(Buffer.from(good))).toMatchObject({ status: 202 });
  });

  it.each([
    ['application/x-www-form-urlencoded', 'send application/json'],
    ['text/json', 'send application/json'],
    ['application/jsonp', 'send application/json'],
    ['application/json; charset=iso-8859-1', 'JSON is UTF-8'],
    ['application/json; charset=utf-16', 'JSON is UTF-8'],
  ])('%s is 415', async (type, words) => {
    expect(await order(good, { 'content-type': type })).toMatchObject({
      status: 415,
      headers: { 'content-type': 'application/problem+json' },
      body: { title: 'UNSUPPORTED_MEDIA_TYPE', detail: expect.stringContaining(words) },
    });
  });

  it('an encoded one is 415', async () => {
    expect(await order(good, { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
    expect(await order(good, { 'content-encoding': 'identity' })).toMatchObject({ status: 202 });
  });

  it('one above the limit is 413', async () => {
    expect(await order(JSON.stringify({ prompt: 'x'.repeat(200_000) }))).toMatchObject({
      status: 413,
      body: { title: 'BODY_TOO_LARGE' },
    });
  });
});

describe('what JSON can say and nothing else can hold', () => {
  it.each([
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'INVALID_JSON', 'UTF-8'],
    [
      'half a surrogate pair',
      '{"prompt":"\\ud83d"}',
      'INVALID_PARAMETERS',
      'prompt: it holds half a surrogate',
    ],
    ['half of one in a name', '{"metadata":{"\\ud83d":"x"}}', 'INVALID_PARAMETERS', 'in the name of a field'],
    ['a NUL', '{"prompt":"a\\u0000b"}', 'INVALID_PARAMETERS', 'prompt: it holds a NUL'],
    [
      'a NUL in a key of S3',
      `{"frame":{"s3Uri":"s3://${buckets.inbox}/a\\u0000"}}`,
      'INVALID_PARAMETERS',
      'frame.s3Uri: it',
    ],
    [
      'a number beyond DynamoDB',
      '{"prompt":"A","extra":{"seed":1e300}}',
      'INVALID_PARAMETERS',
      'extra.seed: numbers',
    ],
    ['infinity', '{"prompt":"A","durationSeconds":1e999}', 'INVALID_PARAMETERS', 'durationSeconds: numbers'],
    [
      '__proto__',
      '{"prompt":"A","metadata":{"__proto__":"x"}}',
      'INVALID_PARAMETERS',
      'metadata: a field cannot be named',
    ],
    [
      'a field without a name',
      '{"prompt":"A","metadata":{"":"x"}}',
      'INVALID_PARAMETERS',
      'metadata: one of its fields',
    ],
    ['lists in lists', `${'['.repeat(60_000)}${']'.repeat(60_000)}`, 'INVALID_PARAMETERS', 'nested too deep'],
    [
      'a key longer than any',
      `{"frame":{"s3Uri":"s3://${buckets.inbox}/${'é'.repeat(600)}"}}`,
      'INVALID_PARAMETERS',
      'no such object',
    ],
    [
      'a key above the bucket',
      `{"frame":{"s3Uri":"s3://${buckets.inbox}/../a"}}`,
      'INVALID_PARAMETERS',
      'no such object',
    ],
    [
      'a provider that every object has',
      '{"prompt":"A","provider":"constructor"}',
      'INVALID_PARAMETERS',
      'provider "constructor"',
    ],
    [
      'a model that every object has',
      '{"prompt":"A","model":"__proto__"}',
      'INVALID_PARAMETERS',
      'model "__proto__"',
    ],
  ])('%s is a 400 with a name', async (_, body, title, words) => {
    const answer = await order(body);
    expect(answer).toMatchObject({ status: 400, body: { title } });
    expect(answer.body.detail).toContain(words);
  });

  it('the last of two fields of one name counts, as everywhere', async () => {
    expect(await order('{"prompt":"A","prompt":"B"}')).toMatchObject({
      status: 202,
      body: { parameters: { prompt: 'B' } },
    });
  });

  it('whole characters of any plane are kept', async () => {
    expect(await order('{"prompt":"\\ud83d\\udea4 \\u2028","metadata":{"é":"😀"}}')).toMatchObject({
      status: 202,
      body: { parameters: { prompt: '🚤 \u2028' }, metadata: { é: '😀' } },
    });
  });
});

it('Location leads to the job from wherever the API is', async () => {
  const { headers, body } = await order(good);
  for (const base of ['https://api.example/jobs', 'http://127.0.0.1:4566/_aws/execute-api/a1/$default/jobs'])
    expect(new URL(String(headers.location), base).href).toBe(`${base}/${body.jobId}`);
});

it('a browser that asks whether it may is answered, whatever else it is', async () => {
  expect(await handler(apiEvent('OPTIONS /{proxy+}', { params: { proxy: 'jobs' } }), context)).toEqual({
    statusCode: 204,
  });
});

describe('a table that is throttled', () => {
  let server: Server;
  let asked = 0;
  beforeAll(async () => {
    server = createServer((_, response) => {
      asked += 1;
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(
        JSON.stringify({
          __type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException',
          message: 'Rate exceeded',
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    process.env.AWS_ENDPOINT_URL_DYNAMODB = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    jest.resetModules();
  });
  afterAll(async () => {
    delete process.env.AWS_ENDPOINT_URL_DYNAMODB;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is 429 with Retry-After, and no 500', async () => {
    const { handler: throttled } = await import('../../../../lambdas/job-api.ts');
    const answer = await throttled(apiEvent('GET /jobs/{id}', { authorizer, params: { id: 'a' } }), context);
    expect(asked).toBeGreaterThan(1);
    expect(answer).toMatchObject({
      statusCode: 429,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '5' },
    });
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ title: 'TOO_MANY_REQUESTS', status: 429 });
    // The SDK tries four times, up to 1, 2 and 4 s apart.
  }, 20_000);
});
