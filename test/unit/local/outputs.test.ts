import { reachableOutputs } from '../../../cli/local-stack.ts';
import { flatOutputs, outputOf, providerSecretArns } from '../../../local/outputs.ts';

const outputs = { InboxBucketName: 'inbox', ProviderSecretArnSimulated: 'arn:1', JobTableName: 'jobs' };

test('outputs are one flat object, without a key', () => {
  const access = {
    endpoint: 'http://127.0.0.1:4566',
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  expect(flatOutputs(access, 'http://127.0.0.1:4600', outputs)).toEqual({
    endpoint: 'http://127.0.0.1:4566',
    region: 'us-east-1',
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
