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
  /** Description of a provider's secret. */
  readonly holds: (provider: string) => string;
}

/** One secret per provider, created without a value: a person puts it there, and no template holds it. */
export class ProviderSecrets extends Construct {
  /** ARN of each secret by provider id. */
  readonly arns: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: ProviderSecretsProps) {
    super(scope, id);
    this.arns = Object.fromEntries(
      props.providers.map((provider) => [provider, this.addSecret(provider, props)]),
    );
  }

  /** Lets the function read the secrets, and sets this variable to the ARN of each provider's. */
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
    // Otherwise Secrets Manager makes up a password, and we would send it to the provider as a key.
    resource.addPropertyDeletionOverride('GenerateSecretString');
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The provider issues keys on a web page and has no API that rotates them.',
    });
    // The same ARN as `secret.secretArn`; the local cloud answers that one (a Ref) with a name.
    return resource.attrId;
  }
}
