/** A list price of AWS in us-east-1, without any free tier. */
export interface Price {
  readonly dollars: number;
  /** For how many units. */
  readonly per: number;
  readonly unit: string;
  readonly source: string;
  /** When it was read there or in a copy of the page. */
  readonly date: string;
}

const read = '2026-11';
/** Long known and stable, not read again. */
const unchecked = 'not checked';

/** The list prices that the cost page counts with. AWS changes them: compare the sources before you rely on a cent. */
export const prices = {
  alarm: {
    dollars: 0.1,
    per: 1,
    unit: 'alarm and month',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    date: unchecked,
  },
  secret: {
    dollars: 0.4,
    per: 1,
    unit: 'secret and month',
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
    date: unchecked,
  },
  key: {
    dollars: 1,
    per: 1,
    unit: 'KMS key and month',
    source: 'https://aws.amazon.com/kms/pricing/',
    date: unchecked,
  },
  transition: {
    dollars: 0.025,
    per: 1000,
    unit: 'state transitions (Standard)',
    source: 'https://aws.amazon.com/step-functions/pricing/',
    date: read,
  },
  invocation: {
    dollars: 0.2,
    per: 1e6,
    unit: 'Lambda requests',
    source: 'https://aws.amazon.com/lambda/pricing/',
    date: read,
  },
  gigabyteSecond: {
    dollars: 0.0000133334,
    per: 1,
    unit: 'GB-second of Lambda on arm64',
    source: 'https://aws.amazon.com/lambda/pricing/',
    date: read,
  },
  readUnit: {
    dollars: 0.125,
    per: 1e6,
    unit: 'DynamoDB read request units',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    date: read,
  },
  writeUnit: {
    dollars: 0.625,
    per: 1e6,
    unit: 'DynamoDB write request units',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    date: read,
  },
  s3Write: {
    dollars: 0.005,
    per: 1000,
    unit: 'S3 PUT, POST, LIST requests',
    source: 'https://aws.amazon.com/s3/pricing/',
    date: read,
  },
  s3Read: {
    dollars: 0.0004,
    per: 1000,
    unit: 'S3 GET, HEAD requests',
    source: 'https://aws.amazon.com/s3/pricing/',
    date: read,
  },
  event: {
    dollars: 1,
    per: 1e6,
    unit: 'EventBridge events',
    source: 'https://aws.amazon.com/eventbridge/pricing/',
    date: read,
  },
  queueRequest: {
    dollars: 0.4,
    per: 1e6,
    unit: 'SQS requests',
    source: 'https://aws.amazon.com/sqs/pricing/',
    date: unchecked,
  },
  trace: {
    dollars: 5,
    per: 1e6,
    unit: 'X-Ray traces',
    source: 'https://aws.amazon.com/xray/pricing/',
    date: unchecked,
  },
  logGigabyte: {
    dollars: 0.5,
    per: 1,
    unit: 'GB of logs',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    date: read,
  },
} as const satisfies Record<string, Price>;
export type PriceName = keyof typeof prices;

/** Something that is charged: of what, and how much of it. */
export interface Quantity {
  readonly what: string;
  readonly price: PriceName;
  readonly count: number;
}

export const dollarsOf = ({ price, count }: Quantity): number =>
  (prices[price].dollars * count) / prices[price].per;

export const totalOf = (quantities: readonly Quantity[]): number =>
  quantities.reduce((sum, quantity) => sum + dollarsOf(quantity), 0);
