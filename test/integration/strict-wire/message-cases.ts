import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SendTaskFailureCommand, SendTaskSuccessCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import {
  ChangeMessageVisibilityCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { uniqueName } from '../../support/aws.ts';
import { type Cases, text } from './cases.ts';

const MIB = 1024 ** 2;

export const sqsCases: Cases = ({ sqs, queue: QueueUrl }) => {
  const send = (input: object) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', ...input }));
  const batch = (entries: readonly object[]) =>
    sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: entries.map((entry, index) => ({ Id: `id${index}`, MessageBody: 'x', ...entry })),
      }),
    );
  const times = (count: number) => Array.from({ length: count }, () => ({}));
  const attributes = (count: number) =>
    Object.fromEntries(
      times(count).map((_, index) => [`a${index}`, { DataType: 'String', StringValue: 'x' }]),
    );
  const receive = (WaitTimeSeconds: number) =>
    sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds, MaxNumberOfMessages: 1 }));
  const hide = async (VisibilityTimeout: number) => {
    await send({});
    const { Messages: [message] = [] } = await receive(20);
    return sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl,
        VisibilityTimeout,
        ReceiptHandle: message?.ReceiptHandle,
      }),
    );
  };
  return {
    'message-over-1-mib': {
      breaks: () => send({ MessageBody: text(MIB + 1) }),
      keeps: () => send({ MessageBody: text(MIB) }),
    },
    'batch-over-1-mib': {
      breaks: () => batch([{ MessageBody: text(MIB) }, {}]),
      keeps: () => batch([{ MessageBody: text(MIB - 1) }, {}]),
    },
    'message-empty': { breaks: () => send({ MessageBody: '' }), keeps: () => send({}) },
    'characters-of-a-message': {
      breaks: () => send({ MessageBody: 'one\u0000' }),
      keeps: () => send({ MessageBody: 'one\ttwo 😀' }),
    },
    'delay-over-900-seconds': {
      breaks: () => send({ DelaySeconds: 901 }),
      keeps: () => send({ DelaySeconds: 900 }),
    },
    'over-10-message-attributes': {
      breaks: () => send({ MessageAttributes: attributes(11) }),
      keeps: () => send({ MessageAttributes: attributes(10) }),
    },
    'batch-empty': { breaks: () => batch([]), keeps: () => batch([{}]) },
    'batch-over-10-entries': { breaks: () => batch(times(11)), keeps: () => batch(times(10)) },
    'batch-entry-id': { breaks: () => batch([{ Id: 'a:1' }]), keeps: () => batch([{ Id: 'a-1' }]) },
    'batch-entry-ids-not-distinct': {
      breaks: () => batch([{ Id: 'a' }, { Id: 'a' }]),
      keeps: () => batch([{ Id: 'a' }, { Id: 'b' }]),
    },
    'receive-limits': { breaks: () => receive(21), keeps: () => receive(20) },
    'visibility-over-12-hours': { breaks: () => hide(43_201), keeps: () => hide(43_200) },
  };
};

export const stepFunctionsCases: Cases = ({ sfn, stateMachineArn }) => {
  const start = (input: object) => sfn.send(new StartExecutionCommand({ stateMachineArn, ...input }));
  const json = (bytes: number) => JSON.stringify(text(bytes - 2));
  /** The cloud knows no such task, and says so: the wire let it through. */
  const unlessUnknown = (answer: Promise<unknown>) =>
    answer.catch((error: Error) => {
      if (!/TaskDoesNotExist|InvalidToken|TaskTimedOut/.test(error.name)) throw error;
    });
  const succeed = (output: string) =>
    unlessUnknown(sfn.send(new SendTaskSuccessCommand({ taskToken: 'none', output })));
  const fail = (input: object) =>
    unlessUnknown(sfn.send(new SendTaskFailureCommand({ taskToken: 'none', ...input })));
  return {
    'execution-name-over-80-characters': {
      breaks: () => start({ name: text(81) }),
      keeps: () => start({ name: uniqueName('wire').padEnd(80, 'x') }),
    },
    'execution-name': {
      breaks: () => start({ name: 'job:1' }),
      keeps: () => start({ name: uniqueName('job-1') }),
    },
    'input-over-256-kib': {
      breaks: () => start({ input: json(262_145) }),
      keeps: () => start({ input: json(262_144) }),
    },
    'input-is-not-json': { breaks: () => start({ input: 'text' }), keeps: () => start({ input: '"text"' }) },
    'output-over-256-kib': { breaks: () => succeed(json(262_145)), keeps: () => succeed(json(262_144)) },
    'output-is-not-json': { breaks: () => succeed('text'), keeps: () => succeed('"text"') },
    'error-or-cause-too-long': {
      breaks: () => fail({ error: text(257) }),
      keeps: () => fail({ error: text(256), cause: text(32_768) }),
    },
  };
};

export const eventBridgeCases: Cases = ({ events }) => {
  const put = (Entries: { Detail: string }[]) =>
    events.send(
      new PutEventsCommand({
        Entries: Entries.map((entry) => ({ Source: 'test', DetailType: 'Test', ...entry })),
      }),
    );
  const entries = (count: number, Detail = '{}') => Array.from({ length: count }, () => ({ Detail }));
  // Source and DetailType are 8 bytes more, and the sum stays below the limit.
  const detail = (bytes: number) => JSON.stringify({ a: text(bytes - 8 - 8) });
  return {
    'over-10-entries': { breaks: () => put(entries(11)), keeps: () => put(entries(10)) },
    'entries-over-1-mb': {
      breaks: () => put(entries(2, detail(MIB / 2))),
      keeps: () => put([...entries(1, detail(MIB / 2)), ...entries(1, detail(MIB / 2 - 1))]),
    },
  };
};

export const stsCases: Cases = ({ sts, access }) => {
  const assume = (input: object, client = sts) =>
    client.send(
      new AssumeRoleCommand({
        RoleArn: 'arn:aws:iam::000000000000:role/test',
        RoleSessionName: 'test',
        DurationSeconds: 900,
        ...input,
      }),
    );
  const policy = (length: number) => {
    const empty = JSON.stringify({ Version: '2012-10-17', Statement: [], Id: '' });
    return JSON.stringify({ Version: '2012-10-17', Statement: [], Id: text(length - empty.length) });
  };
  const chained = async (DurationSeconds: number) => {
    const { Credentials: { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = {} } = await assume(
      {},
    );
    const credentials = {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    };
    return assume({ DurationSeconds }, new STSClient({ ...access, credentials }));
  };
  return {
    'session-policy-over-2048-characters': {
      breaks: () => assume({ Policy: policy(2049) }),
      keeps: () => assume({ Policy: policy(2048) }),
    },
    'session-name': {
      breaks: () => assume({ RoleSessionName: 'startframe frame' }),
      keeps: () => assume({ RoleSessionName: 'startframe-frame' }),
    },
    'session-duration': {
      breaks: () => assume({ DurationSeconds: 899 }),
      keeps: () => assume({ DurationSeconds: 43_200 }),
    },
    'chained-role-over-one-hour': { breaks: () => chained(3601), keeps: () => chained(3600) },
  };
};

export const secretsManagerCases: Cases = ({ secrets, secretId: SecretId }) => {
  const put = (SecretString: string) => secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
  return {
    'secret-over-65536-bytes': { breaks: () => put(text(65_537)), keeps: () => put(text(65_536)) },
    'secret-empty': { breaks: () => put(''), keeps: () => put('x') },
  };
};
