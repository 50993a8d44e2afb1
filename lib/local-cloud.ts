import {
  CliCredentialsStackSynthesizer,
  type IStackSynthesizer,
  type Stack,
  type StackProps,
  Validations,
} from 'aws-cdk-lib';
import { CfnBucketPolicy } from 'aws-cdk-lib/aws-s3';
import { CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import * as z from 'zod';

/*
 * Every difference between a stage on the local cloud (MiniStack 1.5.33, AUTH=true) and one on AWS. No other file checks where
 * it is deployed.
 */

export const localCloudStackProps: StackProps = {
  // The bootstrap roles cannot publish assets there; the credentials of the CLI can.
  synthesizer: new CliCredentialsStackSynthesizer() as IStackSynthesizer,
};

/** Called when the stack is complete. */
export const adaptToLocalCloud = (stack: Stack): void => {
  allowPlainHttp(stack);
};

const PolicyDocument = z.looseObject({
  Statement: z.array(z.looseObject({ Condition: z.unknown().optional() })),
});

/** The local cloud speaks plain http and enforces policies, so "TLS only" would refuse every request. */
const allowPlainHttp = (stack: Stack): void => {
  for (const policy of stack.node.findAll()) {
    if (!(policy instanceof CfnBucketPolicy || policy instanceof CfnQueuePolicy)) continue;
    const document = PolicyDocument.parse(stack.resolve(policy.policyDocument));
    const statements = document.Statement.filter(
      ({ Condition }) => !JSON.stringify(Condition ?? {}).includes('aws:SecureTransport'),
    );
    if (statements.length > 0) policy.policyDocument = { ...document, Statement: statements };
    else policy.node.scope?.node.tryRemoveChild(policy.node.id);
  }
  for (const rule of ['AwsSolutions-S10', 'AwsSolutions-SQS4']) {
    Validations.of(stack).acknowledge({
      id: rule,
      reason: 'The local cloud speaks plain http on this machine only.',
    });
  }
};
