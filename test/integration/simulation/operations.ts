import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

/** What the table of the proof is asked, and a real one beside it: every expression of the functions, and their edges. */
export type Operation =
  | BatchGetCommand
  | DeleteCommand
  | GetCommand
  | PutCommand
  | QueryCommand
  | TransactWriteCommand
  | UpdateCommand;

const isNew = 'attribute_not_exists(pk)';
const isThere = 'attribute_exists(pk)';
const job = (name: string, sk: string, rest: Record<string, unknown> = {}) => ({
  pk: `J#${name}`,
  sk,
  ...rest,
});

export const operationsOn = (TableName: string): readonly Operation[] => {
  const put = (Item: Record<string, unknown>, ConditionExpression?: string) =>
    new PutCommand({ TableName, Item, ...(ConditionExpression ? { ConditionExpression } : {}) });
  const save = (revision: number, run: number, Item: Record<string, unknown>, together = {}) =>
    new TransactWriteCommand({
      TransactItems: [
        {
          Put: {
            TableName,
            Item,
            ConditionExpression: 'revision = :revision AND run = :run',
            ExpressionAttributeValues: { ':revision': revision, ':run': run },
            ...together,
          },
        },
        putIn(
          TableName,
          job('a', 'EVENT#000002', { type: 'x', due: 'DUE#1', dueAt: '2026-01-01T00:05:00.000Z' }),
          isNew,
        ),
      ],
    });
  const load = (name: string) =>
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :request AND :state',
      ExpressionAttributeValues: { ':pk': `J#${name}`, ':request': 'REQUEST', ':state': 'STATE' },
    });
  const due = (partition: string, now: string, more = {}) =>
    new QueryCommand({
      TableName,
      IndexName: 'due',
      KeyConditionExpression: 'due = :due AND dueAt <= :now',
      ExpressionAttributeValues: { ':due': partition, ':now': now },
      ...more,
    });
  const update = (
    Key: Record<string, unknown>,
    UpdateExpression: string,
    more: Partial<ConstructorParameters<typeof UpdateCommand>[0]> = {},
  ) => new UpdateCommand({ TableName, Key, UpdateExpression, ReturnValues: 'ALL_NEW', ...more });
  const dueAt = '2026-01-01T00:15:00.000Z';
  const state = job('a', 'STATE', {
    revision: 1,
    run: 1,
    owner: 'drop',
    frame: { width: 320, tags: ['x', 2, true, null] },
    due: 'DUE#1',
    dueAt,
  });

  return [
    // a new job, whole, and the same once more
    new TransactWriteCommand({
      TransactItems: [
        putIn(TableName, state, isNew),
        putIn(TableName, job('a', 'REQUEST', { prompt: 'ünï 🎬', gone: undefined }), isNew),
        putIn(TableName, job('a', 'EVENT#000001', { type: 'x' }), isNew),
      ],
    }),
    new TransactWriteCommand({
      TransactItems: [
        putIn(TableName, state, isNew),
        putIn(TableName, job('a', 'EVENT#000009', { type: 'x' }), isNew),
      ],
    }),
    new GetCommand({ TableName, ConsistentRead: true, Key: job('a', 'EVENT#000009') }),
    load('a'),
    load('nobody'),
    // a change on condition: of another revision, of another run, as it is, with an event that is there
    save(2, 1, { ...state, revision: 3 }),
    save(1, 2, { ...state, revision: 2 }),
    save(1, 2, { ...state, revision: 2 }, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    save(1, 1, { ...state, revision: 2 }),
    save(2, 1, { ...state, revision: 3 }),
    save(1, 1, job('missing', 'STATE', { revision: 2, run: 1 })),
    load('a'),
    // an attempt: new, answered, answered where there is none
    new TransactWriteCommand({
      TransactItems: [putIn(TableName, job('a', 'ATTEMPT#1', { attempt: 1 }), isNew)],
    }),
    new TransactWriteCommand({
      TransactItems: [putIn(TableName, job('a', 'ATTEMPT#1', { outcome: 'accepted' }), isThere)],
    }),
    new TransactWriteCommand({
      TransactItems: [putIn(TableName, job('a', 'ATTEMPT#2', { outcome: 'accepted' }), isThere)],
    }),
    new GetCommand({ TableName, ConsistentRead: true, Key: job('a', 'ATTEMPT#1') }),
    new GetCommand({ TableName, Key: job('a', 'ATTEMPT#2') }),
    // the timeline
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)',
      ExpressionAttributeValues: { ':pk': 'J#a', ':event': 'EVENT#' },
    }),
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'J#a' },
      ScanIndexForward: false,
      Limit: 2,
    }),
    // what is due, page by page
    due('DUE#1', '2026-01-01T00:20:00.000Z'),
    due('DUE#1', '2026-01-01T00:10:00.000Z'),
    due('DUE#2', '2026-01-01T00:20:00.000Z'),
    due('DUE#1', '2026-01-01T00:20:00.000Z', { Limit: 1 }),
    due('DUE#1', '2026-01-01T00:20:00.000Z', {
      Limit: 1,
      ExclusiveStartKey: { ...job('a', 'EVENT#000002'), due: 'DUE#1', dueAt: '2026-01-01T00:05:00.000Z' },
    }),
    update(job('a', 'STATE'), 'SET dueAt = :later', {
      ConditionExpression: 'dueAt = :seen',
      ExpressionAttributeValues: { ':later': '2026-01-01T01:00:00.000Z', ':seen': 'another' },
    }),
    update(job('a', 'STATE'), 'SET dueAt = :later', {
      ConditionExpression: 'dueAt = :seen',
      ExpressionAttributeValues: { ':later': '2026-01-01T01:00:00.000Z', ':seen': dueAt },
    }),
    update(job('a', 'EVENT#000002'), 'REMOVE due, dueAt', { ConditionExpression: isThere }),
    update(job('a', 'EVENT#000077'), 'REMOVE due, dueAt', { ConditionExpression: isThere }),
    due('DUE#1', '2026-01-02T00:00:00.000Z'),
    // counters
    ...['30', '30', '45'].map((bucket) =>
      update({ pk: 'LATENCY#x', sk: '0' }, 'ADD #bucket :one', {
        ExpressionAttributeNames: { '#bucket': bucket },
        ExpressionAttributeValues: { ':one': 1 },
      }),
    ),
    ...[2, 1].map(
      (seen) =>
        new PutCommand({
          TableName,
          Item: { pk: 'LATENCY#x', sk: '0', '30': 1 },
          ConditionExpression: '#bucket = :seen',
          ExpressionAttributeNames: { '#bucket': '30' },
          ExpressionAttributeValues: { ':seen': seen },
        }),
    ),
    update(job('a', 'STATE'), 'SET run = :run, revision = revision + :one', {
      ExpressionAttributeValues: { ':run': 2, ':one': 1 },
    }),
    update(
      job('a', 'STATE'),
      'SET #owner = if_not_exists(#owner, :owner), seen = if_not_exists(seen, :owner)',
      {
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':owner': 'shop' },
      },
    ),
    // conditions that may come to be used
    ...[
      'NOT attribute_exists(pk) OR (run >= :two AND run < :nine)',
      'run IN (:nine, :two)',
      'run <> :two',
      'frame.width = :two',
      'run BETWEEN :two AND :nine',
    ].map((ConditionExpression) =>
      update(job('a', 'STATE'), 'SET checked = :two REMOVE #gone', {
        ConditionExpression,
        ExpressionAttributeValues: {
          ':two': 2,
          ...(ConditionExpression.includes(':nine') ? { ':nine': 9 } : {}),
        },
      }),
    ),
    // together with a check of something else, and all or nothing
    new TransactWriteCommand({
      TransactItems: [
        { ConditionCheck: { TableName, Key: job('a', 'STATE'), ConditionExpression: isThere } },
        { Delete: { TableName, Key: job('a', 'EVENT#000001') } },
        {
          Update: {
            TableName,
            Key: job('b', 'STATE'),
            UpdateExpression: 'SET revision = :one',
            ExpressionAttributeValues: { ':one': 1 },
          },
        },
      ],
    }),
    new TransactWriteCommand({
      TransactItems: [
        { Delete: { TableName, Key: job('b', 'STATE') } },
        { ConditionCheck: { TableName, Key: job('c', 'STATE'), ConditionExpression: isThere } },
      ],
    }),
    load('b'),
    new DeleteCommand({ TableName, Key: job('b', 'STATE') }),
    load('b'),
    // several at once: some are there
    new BatchGetCommand({
      RequestItems: {
        [TableName]: {
          Keys: [job('a', 'STATE'), job('nobody', 'STATE'), job('a', 'ATTEMPT#1')],
          ConsistentRead: true,
        },
      },
    }),
    new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [job('nobody', 'STATE')] } } }),
    ...admissions(TableName),
    put(job('d', 'STATE', { n: 1 })),
    put(job('d', 'STATE', { n: 2 }), isNew),
    new GetCommand({ TableName, Key: job('d', 'STATE') }),
  ];
};

/** Slots, places, tags, the control of a provider, budgets and spend. */
const admissions = (TableName: string): Operation[] => {
  const slot = (jobId: string) =>
    new TransactWriteCommand({
      TransactItems: [
        putIn(TableName, { pk: 'SLOT#p', sk: '0000', jobId, since: '2026-01-01T00:00:00Z' }, isNew),
      ],
    });
  const claimTask = (jobId: string) =>
    new TransactWriteCommand({
      TransactItems: [
        {
          Put: {
            TableName,
            Item: { pk: 'TASK#p#task1', sk: 'JOB', jobId, expiresAt: 1 },
            ConditionExpression: 'attribute_not_exists(pk) OR jobId = :jobId',
            ExpressionAttributeValues: { ':jobId': jobId },
          },
        },
      ],
    });
  const giveBack = (jobId: string, sk = '0000') =>
    new TransactWriteCommand({
      TransactItems: [
        {
          Delete: {
            TableName,
            Key: { pk: 'SLOT#p', sk },
            ConditionExpression: 'attribute_not_exists(pk) OR jobId = :job',
            ExpressionAttributeValues: { ':job': jobId },
          },
        },
      ],
    });
  const sweep = (since: string) =>
    new DeleteCommand({
      TableName,
      Key: { pk: 'SLOT#p', sk: '0000' },
      ConditionExpression: 'jobId = :job AND since = :since',
      ExpressionAttributeValues: { ':job': 'a', ':since': since },
    });
  const control = (seen: number) =>
    new TransactWriteCommand({
      TransactItems: [
        {
          Put: {
            TableName,
            Item: { pk: 'PROVIDER#p', sk: 'CONTROL', revision: seen + 1, clock: 0 },
            ConditionExpression: 'attribute_not_exists(pk) OR revision = :seen',
            ExpressionAttributeValues: { ':seen': seen },
          },
        },
      ],
    });
  const change = (
    Key: Record<string, unknown>,
    UpdateExpression: string,
    ConditionExpression: string,
    ExpressionAttributeValues: Record<string, unknown>,
    ExpressionAttributeNames?: Record<string, string>,
  ) =>
    new UpdateCommand({
      TableName,
      Key,
      UpdateExpression,
      ConditionExpression,
      ExpressionAttributeValues,
      ...(ExpressionAttributeNames ? { ExpressionAttributeNames } : {}),
      ReturnValues: 'ALL_NEW',
    });
  const isBehind = 'attribute_not_exists(tag) OR tag < :clock';
  const tag = { pk: 'FAIR#p', sk: 'shop' };
  const begin = (clock: number) =>
    change(tag, 'SET tag = :next', isBehind, { ':next': clock + 1, ':clock': clock });
  const next = (clock: number) =>
    change(tag, 'SET tag = tag + :one', 'tag >= :clock', { ':one': 1, ':clock': clock });
  const tokenIs = (token: string) => ({
    ConditionExpression: '#token = :token',
    ExpressionAttributeNames: { '#token': 'token' },
    ExpressionAttributeValues: { ':token': token },
  });
  const place = { pk: 'QUEUE#p', sk: '5#0000000001#a' };
  const budget = (micros: number, room?: number) =>
    new TransactWriteCommand({
      TransactItems: [
        {
          Update: {
            TableName,
            Key: { pk: 'BUDGET#shop#2026-01-01', sk: 'DAY' },
            UpdateExpression: 'ADD committedMicros :micros',
            ExpressionAttributeValues: {
              ':micros': micros,
              ...(room === undefined ? {} : { ':room': room }),
            },
            ...(room === undefined
              ? {}
              : {
                  ConditionExpression: 'attribute_not_exists(committedMicros) OR committedMicros <= :room',
                }),
          },
        },
      ],
    });
  const spend = (seconds: number, micros: number) =>
    new TransactWriteCommand({
      TransactItems: [
        {
          Update: {
            TableName,
            Key: { pk: 'STATS#shop#2026-01-01', sk: 'model' },
            UpdateExpression:
              'ADD #succeeded :succeeded, #failed :failed, #cancelled :cancelled, #videos :videos, #seconds :seconds, #micros :micros, #atStakeMicros :atStakeMicros',
            ExpressionAttributeNames: {
              '#succeeded': 'succeeded',
              '#failed': 'failed',
              '#cancelled': 'cancelled',
              '#videos': 'videos',
              '#seconds': 'seconds',
              '#micros': 'micros',
              '#atStakeMicros': 'atStakeMicros',
            },
            ExpressionAttributeValues: {
              ':succeeded': Math.sign(micros),
              ':failed': 0,
              ':cancelled': 0,
              ':videos': Math.sign(micros),
              ':seconds': seconds,
              ':micros': micros,
              ':atStakeMicros': 0,
            },
          },
        },
      ],
    });
  const all = (pk: string, Limit?: number) =>
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pk },
      ...(Limit === undefined ? {} : { Limit }),
    });
  return [
    // Of its first job, of the same one again, of another.
    claimTask('a'),
    claimTask('a'),
    claimTask('b'),
    slot('a'),
    slot('b'),
    change(
      { pk: 'SLOT#p', sk: '0000' },
      'SET #token = :token, run = :run',
      'jobId = :job',
      { ':token': 'x', ':run': 2, ':job': 'b' },
      { '#token': 'token' },
    ),
    change(
      { pk: 'SLOT#p', sk: '0000' },
      'SET #token = :token, run = :run',
      'jobId = :job',
      { ':token': 'x', ':run': 2, ':job': 'a' },
      { '#token': 'token' },
    ),
    all('SLOT#p'),
    giveBack('b'),
    giveBack('b', '0001'),
    sweep('2026-01-01T00:00:01Z'),
    sweep('2026-01-01T00:00:00Z'),
    giveBack('a'),
    control(0),
    control(0),
    control(1),
    next(0),
    begin(0),
    begin(0),
    begin(1),
    next(1),
    next(9),
    begin(9),
    new PutCommand({ TableName, Item: { ...place, token: 'x' } }),
    all('QUEUE#p', 1),
    new DeleteCommand({ TableName, Key: place, ...tokenIs('y') }),
    new DeleteCommand({ TableName, Key: place, ...tokenIs('x') }),
    new DeleteCommand({ TableName, Key: place, ...tokenIs('x') }),
    all('QUEUE#p', 1),
    budget(400_000, 600_000),
    budget(400_000, 600_000),
    budget(400_000, 600_000),
    budget(-800_000),
    all('BUDGET#shop#2026-01-01'),
    spend(8, 400_000),
    spend(8.04, 400_000),
    spend(-8, -400_000),
    all('STATS#shop#2026-01-01'),
  ];
};

const putIn = (TableName: string, Item: Record<string, unknown>, ConditionExpression: string) => ({
  Put: { TableName, Item, ConditionExpression },
});

/** What both refuse: the request itself is wrong. */
export const mistakesOn = (TableName: string): readonly Operation[] => [
  new PutCommand({ TableName, Item: { pk: 'J#x' } }),
  new BatchGetCommand({
    RequestItems: { [TableName]: { Keys: [job('x', 'STATE'), job('x', 'STATE')] } },
  }),
  new PutCommand({
    TableName,
    Item: job('x', 'STATE'),
    ConditionExpression: isNew,
    ExpressionAttributeValues: { ':unused': 1 },
  }),
  new UpdateCommand({ TableName, Key: job('x', 'STATE'), UpdateExpression: 'SET run = :undefined' }),
  new UpdateCommand({ TableName, Key: job('x', 'STATE'), UpdateExpression: 'REMOVE missing' }),
  new UpdateCommand({
    TableName,
    Key: job('nobody', 'STATE'),
    UpdateExpression: 'SET run = run + :one',
    ExpressionAttributeValues: { ':one': 1 },
  }),
  new TransactWriteCommand({
    TransactItems: [
      { Delete: { TableName, Key: job('x', 'STATE') } },
      { Put: { TableName, Item: job('x', 'STATE') } },
    ],
  }),
];
