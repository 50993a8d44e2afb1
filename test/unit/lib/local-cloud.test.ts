import { stage, templateOf } from '../../support/synth.ts';

const local = templateOf(stage('local'));

test('the local cloud speaks plain http, so nothing there is TLS only', () => {
  expect(JSON.stringify(local.toJSON())).not.toContain('aws:SecureTransport');
});

test('what else a policy says stays: EventBridge may still put drops into the queue', () => {
  const allowing = Object.values(local.findResources('AWS::SQS::QueuePolicy')).filter(({ Properties }) =>
    JSON.stringify(Properties.PolicyDocument).includes('events.amazonaws.com'),
  );
  expect(allowing).toHaveLength(5);
});

test('nothing but the "TLS only" policies is missing there', () => {
  const types = (template: typeof local) =>
    Object.values(template.toJSON().Resources as Record<string, { Type: string }>)
      .map(({ Type }) => Type)
      .filter((type) => !/^AWS::(S3::Bucket|SQS::Queue)Policy$/.test(type))
      .sort();
  // Its simulated gateway is a provider in each dialect; each has its secret and its alarm.
  const { providers, defaults } = stage('local');
  expect(types(local)).toEqual(types(templateOf({ ...stage('dev'), providers, defaults })));
});
