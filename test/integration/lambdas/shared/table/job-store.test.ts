import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { marshall } from '@aws-sdk/util-dynamodb';
import { newAttempt } from '../../../../../core/jobs/submit-ledger.ts';
import { recordAttemptAnswered, recordTask } from '../../../../../core/jobs/transitions.ts';
import type * as Store from '../../../../../lambdas/shared/table/job-store.ts';
import type * as Loading from '../../../../../lambdas/shared/table/load-job.ts';
import { jobRequest, providerSettings, submittingState, T0 } from '../../../../support/jobs.ts';

// A table on the wire whose transactions go as the test says: what the local cloud never does, and AWS does.
type Outcome = 'done' | 'conflict' | 'refused' | 'busy';
let server: Server;
let outcomes: Outcome[] = [];
let written = 0;
let store: typeof Store;
let loadJob: typeof Loading.loadJob;

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
};
const cancelled = (Code: string) => ({
  __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
  message: `Transaction cancelled [${Code}]`,
  CancellationReasons: [{ Code }],
});

beforeAll(async () => {
  const pk = 'J#job1';
  const items = [
    { pk, sk: 'REQUEST', ...jobRequest() },
    { pk, sk: 'STATE', ...submittingState() },
  ];
  server = createServer(async (request, response) => {
    for await (const _ of request);
    if (String(request.headers['x-amz-target']).endsWith('Query'))
      return send(response, 200, { Items: items.map((item) => marshall(item)), Count: 2 });
    const outcome = outcomes.shift() ?? 'done';
    if (outcome === 'conflict') return send(response, 400, cancelled('TransactionConflict'));
    if (outcome === 'refused') return send(response, 400, cancelled('ConditionalCheckFailed'));
    if (outcome === 'busy')
      return send(response, 400, { __type: 'com.amazonaws.dynamodb.v20120810#AccessDeniedException' });
    written += 1;
    send(response, 200, {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server's address is an AddressInfo; Node's types also allow pipes.
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    JOB_TABLE: 'jobs',
  });
  store = await import('../../../../../lambdas/shared/table/job-store.ts');
  ({ loadJob } = await import('../../../../../lambdas/shared/table/load-job.ts'));
});
beforeEach(() => {
  outcomes = [];
  written = 0;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const attempt = newAttempt(1, 'hash', T0);
const task = { id: 'paid' };
const saveTask = () =>
  store.saveAnswer('job1', attempt, { answeredAt: T0, outcome: 'accepted', task }, ({ state }) =>
    recordTask(state, task, providerSettings(), T0),
  );
const save = async () => {
  const job = await loadJob('job1');
  return store.saveJob(job, recordTask(job.state, task, providerSettings(), T0));
};

it('somebody else’s transaction at the same moment is no refusal: it is tried again', async () => {
  outcomes = ['conflict', 'conflict'];
  await save();
  expect(written).toBe(1);
});

it('a reservation meets many others of its owner’s day, and is tried for longer', async () => {
  outcomes = Array.from({ length: 6 }, () => 'conflict');
  const job = await loadJob('job1');
  await store.saveReserving(job, recordAttemptAnswered(job.state, T0), 1_000_000);
  expect(written).toBe(1);
});

it('a condition that did not hold is one, and nothing is forced', async () => {
  outcomes = ['refused'];
  await expect(save()).rejects.toMatchObject({ name: 'StaleJob' });
  expect(written).toBe(0);
});

it.each<[string, Outcome[]]>([
  ['others write all the time', ['refused', 'conflict', 'refused', 'refused']],
  ['the table is out of reach for a moment', ['busy', 'busy', 'busy']],
])('a paid task is recorded though %s', async (_, trouble) => {
  outcomes = trouble;
  expect((await saveTask()).state).toMatchObject({ status: 'running', task });
  expect(written).toBe(1);
});

it('what cannot be recorded at all is said, within the time that SubmitJob has left', async () => {
  outcomes = Array.from({ length: 100 }, () => 'busy');
  const started = Date.now();
  await expect(saveTask()).rejects.toThrow();
  expect(Date.now() - started).toBeLessThan(15_000);
}, 20_000);
