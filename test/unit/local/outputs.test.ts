import { reachableOutputs } from '../../../cli/local-stack.ts';
import { externalAccess } from '../../../local/cloud-access.ts';
import { flatOutputs, outputOf, providerSecretArns } from '../../../local/outputs.ts';

const outputs = { InboxBucketName: 'inbox', ProviderSecretArnSimulated: 'arn:1', JobTableName: 'jobs' };

const address = { endpoint: 'http://127.0.0.1:4566', region: 'us-east-1' };

test('outputs are one flat object, with the credentials of our own cloud', () => {
  const access = { ...address, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  expect(flatOutputs(access, 'http://127.0.0.1:4600', outputs)).toEqual({
    ...address,
    AwsAccessKeyId: 'a',
    AwsSecretAccessKey: 'b',
    gatewayUrl: 'http://127.0.0.1:4600',
    ...outputs,
  });
});

test('at a cloud that a person named, they hold no credentials', () => {
  const person = { AWS_ACCESS_KEY_ID: 'AKIAREAL', AWS_SECRET_ACCESS_KEY: 'real', AWS_SESSION_TOKEN: 'real' };
  const access = externalAccess(address.endpoint, person);
  expect(flatOutputs(access, 'http://127.0.0.1:4600', outputs)).toEqual({
    ...address,
    gatewayUrl: 'http://127.0.0.1:4600',
    ...outputs,
  });
});

test('the secrets are found by the names of their outputs', () => {
  expect(providerSecretArns(outputs)).toEqual(['arn:1']);
});

test('a missing output is named', () => {
  expect(() => outputOf(outputs, 'VideoBucketName')).toThrow(
    /no output VideoBucketName; it has InboxBucketName/,
  );
});

test('the address of the API works as it stands', () => {
  const outputs = { ApiUrl: 'https://abc123.execute-api.us-east-1.amazonaws.com', InboxBucketName: 'inbox' };
  expect(reachableOutputs({ endpoint: 'http://127.0.0.1:4566' }, outputs)).toEqual({
    ApiUrl: 'http://127.0.0.1:4566/_aws/execute-api/abc123/$default',
    InboxBucketName: 'inbox',
  });
});
