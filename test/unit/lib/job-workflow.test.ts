import validateStates from 'asl-validator';
import * as z from 'zod';
import type { NextStep } from '../../../core/kernel/contract.ts';
import { resourcesOf } from '../../support/synth.ts';
import { definitionText, machines, States, state, steps, template, walk } from './job-workflow-builder.ts';

test('the definition is valid Amazon States Language', () => {
  const { isValid, errorsText } = validateStates(JSON.parse(definitionText));
  expect(errorsText()).toBe('');
  expect(isValid).toBe(true);
});

test('a state calls the function of its name', () => {
  const kebab = (name: string) => name.replace(/(?!^)([A-Z])/g, '-$1').toLowerCase();
  expect(steps).toHaveLength(5);
  for (const [name, { Resource }] of steps) {
    expect(Resource).toBe(`arn:aws:lambda:us-east-1:123456789012:function:${kebab(name)}`);
  }
});

test.each([1, 2, 3, 30])(
  'a job without trouble that is asked for %i times costs 4 + 3N transitions',
  (polls) => {
    const path = walk({
      PrepareJob: ['submit'],
      SubmitJob: ['wait'],
      CheckJob: [...Array<NextStep>(polls - 1).fill('wait'), 'store'],
      StoreVideo: ['end'],
    });
    expect(path.at(-1)).toBe('StoreVideo');
    expect(path).toHaveLength(4 + 3 * polls);
  },
);

test('a job that is not admitted ends where it is; one that nobody understands is finished', () => {
  expect(walk({ PrepareJob: ['end'] })).toEqual(['PrepareJob', 'IsAdmitted', 'JobEnded']);
  expect(walk({ PrepareJob: ['store'] })).toEqual(['PrepareJob', 'IsAdmitted', 'FinishJob']);
  expect(walk({ PrepareJob: ['submit'], SubmitJob: ['wait'], CheckJob: ['end'] }).at(-1)).toBe('JobEnded');
});

const order = ['SubmitJob', 'WaitForVideo', 'CheckJob', 'IsVideoReady'];

test('a job waits in the queue or for its turn only where it has to, then orders', () => {
  const rest = { SubmitJob: ['wait'], CheckJob: ['end'] } satisfies Parameters<typeof walk>[0];
  expect(walk({ PrepareJob: ['turn'], ...structuredClone(rest) })).toEqual([
    ...['PrepareJob', 'IsAdmitted', 'WaitForSendSlot'],
    ...[...order, 'JobEnded'],
  ]);
  expect(walk({ PrepareJob: ['queue'], AwaitSlot: ['submit'], ...structuredClone(rest) })).toEqual([
    ...['PrepareJob', 'IsAdmitted', 'AwaitSlot', 'WaitForSendSlot'],
    ...[...order, 'JobEnded'],
  ]);
  expect(state('WaitForSendSlot')).toMatchObject({ SecondsPath: '$.waitSeconds', Next: 'SubmitJob' });
});

test('who waits does so with a token, for a day, and then anew', () => {
  expect(state('AwaitSlot')).toMatchObject({
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: {
      FunctionName: 'arn:aws:lambda:us-east-1:123456789012:function:await-slot',
      Payload: { 'jobId.$': '$.jobId', 'run.$': '$.run', 'token.$': '$$.Task.Token' },
    },
    TimeoutSeconds: 86_400,
    Retry: [
      throttling,
      infrastructure,
      // Never retried: the Catch enters the state again.
      expect.objectContaining({ ErrorEquals: ['States.Timeout'], MaxAttempts: 0 }),
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 5, BackoffRate: 2, MaxAttempts: 4 },
    ],
    Catch: [
      { ErrorEquals: ['States.Timeout'], Next: 'AwaitSlot' },
      { ErrorEquals: ['States.ALL'], Next: 'FinishJob' },
    ],
  });
});

test('an order that was refused for now goes back to the queue, one whose time had not come is tried again', () => {
  expect(
    walk({
      PrepareJob: ['submit'],
      SubmitJob: ['wait', 'wait'],
      CheckJob: ['queue', 'end'],
      AwaitSlot: ['submit'],
    }),
  ).toEqual(['PrepareJob', 'IsAdmitted', ...order, 'AwaitSlot', 'WaitForSendSlot', ...order, 'JobEnded']);
  expect(walk({ PrepareJob: ['submit'], SubmitJob: ['wait', 'wait'], CheckJob: ['submit', 'end'] })).toEqual([
    'PrepareJob',
    'IsAdmitted',
    ...order,
    ...order,
    'JobEnded',
  ]);
  expect(state('WaitForVideo')).toMatchObject({ SecondsPath: '$.waitSeconds', Next: 'CheckJob' });
});

test('a video that cannot be had or asked for just now is asked for again after five minutes', () => {
  for (const path of [
    walk({ PrepareJob: ['submit'], SubmitJob: ['wait'], CheckJob: ['throws', 'end'] }),
    walk({ PrepareJob: ['submit'], SubmitJob: ['wait'], CheckJob: ['store', 'end'], StoreVideo: ['throws'] }),
  ]) {
    expect(path.slice(-4)).toEqual(['WaitAfterError', 'CheckJob', 'IsVideoReady', 'JobEnded']);
  }
  expect(state('WaitAfterError')).toMatchObject({ Seconds: 300 });
});

test('a step that failed before or at the submit is finished, and finishing fails the execution when it fails', () => {
  expect(walk({ PrepareJob: ['throws'] }).at(-1)).toBe('FinishJob');
  expect(walk({ PrepareJob: ['submit'], SubmitJob: ['throws'] }).at(-1)).toBe('FinishJob');
  expect(state('FinishJob')).toMatchObject({ End: true, Catch: [] });
});

test('the step after a failure is given the job: the error goes beside it', () => {
  const catchers = steps.flatMap(([, { Catch }]) => Catch);
  expect(catchers).toHaveLength(4);
  for (const { ErrorEquals, ResultPath } of catchers) {
    expect({ ErrorEquals, ResultPath }).toEqual({ ErrorEquals: ['States.ALL'], ResultPath: '$.error' });
  }
});

test('what a step answers is all that the execution carries', () => {
  for (const [, task] of steps) {
    for (const field of ['ResultPath', 'ResultSelector', 'OutputPath', 'InputPath', 'Parameters']) {
      expect(task).not.toHaveProperty(field);
    }
  }
});

const throttling = {
  ErrorEquals: ['Lambda.TooManyRequestsException'],
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  MaxAttempts: 65,
  JitterStrategy: 'FULL',
};

const infrastructure = {
  ErrorEquals: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.ClientExecutionTimeoutException',
  ],
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxDelaySeconds: 30,
  MaxAttempts: 8,
  JitterStrategy: 'FULL',
};

test.each([
  ['PrepareJob', 5, 2, 4],
  ['SubmitJob', 150, 1, 3],
  ['CheckJob', 5, 2, 4],
  ['StoreVideo', 10, 2, 3],
])(
  '%s: trouble of Lambda is retried apart, its own every %i s ×%i, %i times',
  (name, seconds, rate, attempts) => {
    expect(state(name).Retry).toEqual([
      throttling,
      infrastructure,
      { ErrorEquals: ['States.ALL'], IntervalSeconds: seconds, BackoffRate: rate, MaxAttempts: attempts },
    ]);
  },
);

test('FinishJob is tried for 21 minutes, whatever the trouble', () => {
  expect(state('FinishJob').Retry).toEqual([
    throttling,
    infrastructure,
    { ErrorEquals: ['States.ALL'], IntervalSeconds: 5, BackoffRate: 2, MaxAttempts: 8 },
  ]);
});

test('a rejected submit is never retried by the default retrier of Step Functions or CDK', () => {
  // CDK's has no jitter and four errors, Lambda.ServiceException first.
  expect(state('SubmitJob').Retry).toHaveLength(3);
  // A submit may be looked at again only when the lease of its attempt (120 s) is over.
  expect(state('SubmitJob').Retry[2]?.IntervalSeconds).toBeGreaterThan(120);
});

test('a task gives up after its function did, and a submit (100 s) before its lease is over (120 s)', () => {
  const timeouts = steps.map(([name, { TimeoutSeconds }]) => [name, TimeoutSeconds]);
  expect(Object.fromEntries(timeouts)).toEqual({
    PrepareJob: 70,
    SubmitJob: 100,
    CheckJob: 70,
    StoreVideo: 910,
    FinishJob: 40,
  });
});

test('the workflow is logged without its data, and traced', () => {
  expect(machines).toHaveLength(1);
  expect(machines[0]).toMatchObject({
    LoggingConfiguration: { IncludeExecutionData: false, Level: 'ALL' },
    TracingConfiguration: { Enabled: true },
  });
  expect(machines[0]?.StateMachineType ?? 'STANDARD').toBe('STANDARD');
});

test('its logs have a name that needs no room in the resource policy, and never meets one that was kept', () => {
  const [[id, group] = []] = [
    ...resourcesOf(template, 'AWS::Logs::LogGroup', z.looseObject({ LogGroupName: z.json().optional() })),
  ].filter(([, { LogGroupName }]) => LogGroupName !== undefined);
  // Step Functions, "Avoiding Amazon CloudWatch Logs resource policy size restrictions".
  expect(group?.LogGroupName).toEqual({
    'Fn::Join': [
      '',
      [
        '/aws/vendedlogs/states/startframe-dev/JobWorkflow/',
        { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] },
      ],
    ],
  });
  expect(JSON.stringify(machines[0]?.LoggingConfiguration)).toContain(`"${id}"`);
});

test('throttling is retried for more than 20 minutes in every step, whatever the jitter does', () => {
  for (const [name, { Type, Retry }] of Object.entries(States)) {
    if (Type !== 'Task') continue;
    // Step Functions takes the first retrier that matches, and only that one.
    const retrier = Retry.find(({ ErrorEquals }) =>
      ErrorEquals.some((error) => ['Lambda.TooManyRequestsException', 'States.ALL'].includes(error)),
    );
    const { IntervalSeconds = 0, BackoffRate = 1, MaxDelaySeconds = 0, MaxAttempts = 0 } = retrier ?? {};
    const delays = Array.from({ length: MaxAttempts }, (_, index) =>
      Math.min(IntervalSeconds * BackoffRate ** index, MaxDelaySeconds),
    );
    // Full jitter draws each delay evenly between 0 and its bound. Four standard deviations below the mean is one job in 30,000.
    const mean = delays.reduce((sum, delay) => sum + delay / 2, 0);
    const deviation = Math.sqrt(delays.reduce((sum, delay) => sum + delay ** 2 / 12, 0));
    expect({ name, minutes: Math.floor((mean - 4 * deviation) / 60) }).toEqual({ name, minutes: 21 });
  }
});
