import { environmentFor, externalAccess, localAccess } from '../../../local/cloud-access.ts';

const person = {
  PATH: '/bin',
  AWS_PROFILE: 'production',
  AWS_ACCESS_KEY_ID: 'AKIAREAL',
  AWS_SECRET_ACCESS_KEY: 'real',
  AWS_SESSION_TOKEN: 'real',
  AWS_ENDPOINT_URL_S3: 'https://elsewhere.example',
  STARTFRAME_KEY: 'sk-secret',
  NO_PROXY: 'corp.example',
};

test("programs on our own cloud see nothing of the person's AWS account, and no provider key", () => {
  const environment = environmentFor(
    localAccess(4566, { accessKeyId: 'LOCAL', secretAccessKey: 'secret' }),
    person,
  );
  expect(environment).toEqual({
    PATH: '/bin',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'LOCAL',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    NO_PROXY: '127.0.0.1,localhost,corp.example',
    no_proxy: '127.0.0.1,localhost,corp.example',
  });
});

test("a cloud that the person named is used with the person's credentials", () => {
  const access = externalAccess('http://127.0.0.1:4566/', { AWS_DEFAULT_REGION: 'eu-central-1' });
  expect(access).toEqual({ endpoint: 'http://127.0.0.1:4566', region: 'eu-central-1' });
  const environment = environmentFor(access, person);
  expect(environment).toMatchObject({ AWS_PROFILE: 'production', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' });
  expect(environment).not.toHaveProperty('STARTFRAME_KEY');
});
