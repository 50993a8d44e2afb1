import { Duration, type RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  type Architecture,
  type Code,
  Function as LambdaFunction,
  RecursiveLoop,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { Env, SETTINGS_FILE } from '../core/kernel/contract.ts';

/** What all functions of a stage have in common. */
export interface FunctionDefaults {
  /** The bundle of the function `lambdas/<name>.ts`, with its settings file beside it. */
  readonly codeOf: (name: string) => Code;
  readonly architecture: Architecture;
  readonly logRetention: RetentionDays;
  /** What happens to the logs when the stack is deleted. */
  readonly logRemoval: RemovalPolicy;
}

export interface PipelineFunctionProps {
  readonly functions: FunctionDefaults;
  /** `check-job` is `lambdas/check-job.ts`. */
  readonly name: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /**
   * The function sends messages to the queue that it reads, and means to. Lambda otherwise takes this for an accident and stops
   * the function after about 16 rounds.
   */
  readonly sendsToOwnQueue?: boolean;
}

/**
 * A Lambda function with our defaults: Node 24, its bundle, X-Ray, logs that expire, and a role that may write those logs and
 * nothing more. Every other right comes from the grants of the other constructs.
 */
export class PipelineFunction extends LambdaFunction {
  readonly executionRole: Role;
  readonly timeoutSeconds: number;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    const { functions, name, memoryMb, timeoutSeconds, sendsToOwnQueue } = props;
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: functions.logRetention,
      removalPolicy: functions.logRemoval,
    });
    // Not the managed policy that CDK attaches by default: that one covers every log group of the account.
    logGroup.grantWrite(role);
    super(scope, id, {
      role,
      logGroup,
      code: functions.codeOf(name),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: functions.architecture,
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      tracing: Tracing.ACTIVE,
      environment: { [Env.settingsFile]: SETTINGS_FILE },
      ...(sendsToOwnQueue ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
    });
    this.executionRole = role;
    this.timeoutSeconds = timeoutSeconds;
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'xray:PutTraceSegments and xray:PutTelemetryRecords take no resources.',
    });
  }
}
