import type { Rule } from './rule.ts';
import { dynamoRules } from './rules/dynamodb.ts';
import { eventBridgeRules } from './rules/event-bridge.ts';
import { s3Rules } from './rules/s3.ts';
import { secretsManagerRules } from './rules/secrets-manager.ts';
import { signingRules } from './rules/signing.ts';
import { sqsRules } from './rules/sqs.ts';
import { stepFunctionsRules } from './rules/step-functions.ts';
import { stsRules } from './rules/sts.ts';

/**
 * What AWS refuses and the local cloud does not, each with AWS's page. The first rule that a request breaks is answered, so
 * signatures come first, as on AWS. A new rule needs a row in `test/integration/strict-wire/`: a request that breaks it and one that
 * keeps it.
 */
export const rules: readonly Rule[] = [
  ...signingRules,
  ...s3Rules,
  ...dynamoRules,
  ...sqsRules,
  ...stepFunctionsRules,
  ...eventBridgeRules,
  ...stsRules,
  ...secretsManagerRules,
];
