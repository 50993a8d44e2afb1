import type { RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Env } from '../core/kernel/contract.ts';
import type { JobApi } from './job-api.ts';
import type { JobStore } from './job-store.ts';
import type { JobWorkflow } from './job-workflow.ts';
import { type FunctionDefaults, PipelineFunction } from './pipeline-function.ts';
import { ProviderSecrets } from './provider-secrets.ts';

export interface ProviderCallbacksProps {
  readonly functions: FunctionDefaults;
  /** Ids of the providers that may call back. */
  readonly providers: readonly string[];
  readonly api: JobApi;
  readonly jobs: JobStore;
  readonly workflow: JobWorkflow;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Receives the callbacks of providers, so that a ready video is polled at once. Only in stages with such a provider: anybody
 * can reach the route, and the function behind it can only read a job and start its workflow again.
 */
export class ProviderCallbacks extends Construct {
  /** ARN of the secret with each provider's key for its signatures, by provider id. */
  readonly arns: Readonly<Record<string, string>>;
  /** The address that providers call, without their id. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ProviderCallbacksProps) {
    super(scope, id);
    const { functions, providers, api, jobs, workflow, removalPolicy } = props;
    const secrets = new ProviderSecrets(this, 'Secrets', {
      providers,
      removalPolicy,
      holds: (provider) => `What ${provider} signs its callbacks with (whsec_…), as plain text.`,
    });
    this.arns = secrets.arns;
    const fn = new PipelineFunction(this, 'ReceiveCallback', {
      functions,
      name: 'receive-callback',
      memoryMb: 256,
      timeoutSeconds: 20,
    });
    jobs.grantReadWrite(fn);
    workflow.grantRestart(fn);
    secrets.grantReadAs(fn, Env.callbackSecrets);
    api.addPublicRoute('POST', '/callbacks/{provider}', fn, PUBLIC_BECAUSE);
    this.url = `${api.url}/callbacks/`;
  }
}

const PUBLIC_BECAUSE =
  'Providers have no IAM credentials here. Only the signature is trusted, and a callback only makes us poll the provider.';
