import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { requireFromSetup, TEST_AWS } from '../../support/set-up/handover.ts';
import { rules } from '../../support/strict-wire/rules.ts';
import { type StrictWire, startStrictWire } from '../../support/strict-wire/strict-wire.ts';
import { type Case, startTestCloud, type TestCloud } from './cases.ts';
import { dynamoCases } from './dynamodb-cases.ts';
import {
  eventBridgeCases,
  secretsManagerCases,
  sqsCases,
  stepFunctionsCases,
  stsCases,
} from './message-cases.ts';
import { s3Cases, signingCases } from './s3-cases.ts';

let wire: StrictWire;
let cloud: TestCloud;
let cases: Record<string, Case>;

beforeAll(async () => {
  wire = await startStrictWire({ target: requireFromSetup(TEST_AWS) });
  cloud = await startTestCloud(wire.url);
  cases = Object.assign(
    {},
    ...[
      signingCases,
      s3Cases,
      dynamoCases,
      sqsCases,
      stepFunctionsCases,
      eventBridgeCases,
      stsCases,
      secretsManagerCases,
    ].map((casesOf) => casesOf(cloud)),
  );
}, 60_000);
afterAll(() => wire.close());

it('has a case for every rule, and a rule for every case', () => {
  expect(Object.keys(cases).sort()).toEqual(rules.map(({ id }) => id).sort());
});

it('names a page of AWS for every rule', () => {
  for (const { document } of rules) expect(document).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/.+\.html$/);
});

describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (id, { code }) => {
  it('is refused, with the error that AWS answers', async () => {
    const before = wire.refusals.length;
    await expect(cases[id]?.breaks()).rejects.toMatchObject({ name: code });
    expect(wire.refusals.slice(before).map(({ rule }) => rule.id)).toEqual([id]);
  });

  it('lets the neighbour through', async () => {
    const before = wire.refusals.length;
    await cases[id]?.keeps();
    expect(wire.refusals.slice(before)).toEqual([]);
  });
});

describe('a wrong signature', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'wrong' };

  it('has the name that JSON services give it', async () => {
    const client = new DynamoDBClient({ ...cloud.access, credentials });
    const get = client.send(
      new GetItemCommand({ TableName: cloud.table, Key: { pk: { S: 'P' }, sk: { S: 'S' } } }),
    );
    await expect(get).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  });

  it('has the name that query services give it', async () => {
    const client = new STSClient({ ...cloud.access, credentials });
    await expect(client.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
  });
});
