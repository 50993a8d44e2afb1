import { type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Env } from '../core/kernel/contract.ts';
import type { PipelineFunction } from './pipeline-function.ts';

export interface ProviderSecretsProps {
  /** Ids of the stage's providers. */
  readonly providers: readonly string[];
  readonly removalPolicy: RemovalPolicy;
  /** What is in the secret of a provider, for whoever reads its description. */
  readonly holds: (provider: string) => string;
}

/** One secret per provider, made without a value: what it holds is put there by a person and stands in no template. */
export class ProviderSecrets extends Construct {
  /** ARN of each secret by provider id. */
  readonly arns: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: ProviderSecretsProps) {
    super(scope, id);
    this.arns = Object.fromEntries(
      props.providers.map((provider) => [provider, this.addSecret(provider, props)]),
    );
  }

  /** Lets the function read the secrets, and tells it by this variable which is whose. */
  grantReadAs(fn: PipelineFunction, variable: typeof Env.providerSecrets | typeof Env.callbackSecrets): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: Object.values(this.arns),
      }),
    );
    fn.addEnvironment(variable, Stack.of(this).toJsonString(this.arns));
  }

  private addSecret(provider: string, { removalPolicy, holds }: ProviderSecretsProps): string {
    const secret = new Secret(this, provider, {
      description: holds(provider),
      removalPolicy,
    });
    const resource = secret.node.defaultChild as CfnSecret;
    // Without this a password is made up, and would be sent to the provider as a key.
    resource.addPropertyDeletionOverride('GenerateSecretString');
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The provider makes its keys on a web page and has no API that rotates them.',
    });
    // The same ARN as `secret.secretArn`; the local cloud answers that one (a Ref) with a name.
    return resource.attrId;
  }
}
