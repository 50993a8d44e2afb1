import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { CloudAccess } from '../../../local/cloud-access.ts';

/** What a caller signs with. */
export interface RoleKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

const StackName = 'callers';

const policy = (statement: object): object => ({ Version: '2012-10-17', Statement: [statement] });

/** A role that may call the API, and nothing else. */
const resourceOf = (RoleName: string): object => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName,
    AssumeRolePolicyDocument: policy({
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: 'sts:AssumeRole',
    }),
    Policies: [
      {
        PolicyName: 'call-the-api',
        PolicyDocument: policy({ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }),
      },
    ],
  },
});

/** Makes roles in a local cloud and takes each: to the API it is an owner with jobs of its own. */
export const takeRoles = async (
  access: CloudAccess,
  roles: readonly string[],
): Promise<Record<string, RoleKey>> => {
  const client = new CloudFormationClient(access);
  const sts = new STSClient(access);
  try {
    const Resources = Object.fromEntries(roles.map((role, index) => [`Role${index}`, resourceOf(role)]));
    await client.send(
      new CreateStackCommand({
        StackName,
        TemplateBody: JSON.stringify({ Resources }),
        Capabilities: ['CAPABILITY_NAMED_IAM'],
      }),
    );
    await untilCreated(client);
    return Object.fromEntries(
      await Promise.all(roles.map(async (role) => [role, await assume(sts, role)] as const)),
    );
  } finally {
    client.destroy();
    sts.destroy();
  }
};

const untilCreated = async (client: CloudFormationClient): Promise<void> => {
  for (;;) {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    const { StackStatus, StackStatusReason } = stack ?? {};
    if (StackStatus === 'CREATE_COMPLETE') return;
    if (StackStatus !== 'CREATE_IN_PROGRESS')
      throw new Error(`The roles of the tests were not created: ${StackStatus} ${StackStatusReason}`);
    await sleep(100);
  }
};

const assume = async (sts: STSClient, role: string): Promise<RoleKey> => {
  const { Credentials: { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = {} } = await sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::000000000000:role/${role}`, RoleSessionName: 'test' }),
  );
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
};
