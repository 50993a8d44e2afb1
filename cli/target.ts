import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { type Credentials, createClient, type StartframeClient } from '../client/index.ts';
import { CliError, ExitCode, usageError } from './errors.ts';
import {
  findLocalStack,
  isLoopback,
  type LocalStack,
  localCredentials,
  publicCredentials,
  reachableOutputs,
  readLocalStack,
} from './local-stack.ts';

/** Which stack a person named, by options or by the environment. */
export interface TargetOptions {
  readonly url?: string | undefined;
  readonly stack?: string | undefined;
  readonly stage?: string | undefined;
  readonly outputs?: string | undefined;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
}

/** How AWS clients reach the stack. */
export interface AwsAccess {
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  /** Only of a cloud on this machine. */
  readonly credentials?: Credentials;
}

/** A stack to work with. */
export interface Target {
  /** For people: `the local stack`, `startframe-dev`. */
  readonly name: string;
  readonly apiUrl: string;
  readonly api: StartframeClient;
  readonly aws: AwsAccess;
  /** The stack's name; missing where only its address is known. */
  readonly stack?: string;
  /** The stack's outputs; missing where only its address is known. */
  readonly outputs?: Readonly<Record<string, string>>;
}

/**
 * The stack that the command works with: the one that was named, else the local stack of this folder. A stack on AWS costs money,
 * so it is never guessed.
 */
export const findTarget = async (
  options: TargetOptions,
  environment: NodeJS.ProcessEnv,
  folder: string,
): Promise<Target> => {
  const url =
    options.url ??
    (options.stack || options.stage || options.outputs ? undefined : environment.STARTFRAME_URL);
  if (url !== undefined) return atUrl(url, options, environment, folder);
  const stack = stackName(options, environment);
  if (stack !== undefined) return ofStack(stack, options, environment);
  const local = options.outputs ? await readLocalStack(options.outputs) : await findLocalStack(folder);
  if (local) return ofLocalStack(local, environment);
  throw usageError(
    options.outputs
      ? `${options.outputs} does not hold the outputs of a local stack.`
      : 'No stack is named, and no local one runs here (npm start). Name one with --stage dev, --stack NAME or --url URL, or in STARTFRAME_STACK or STARTFRAME_URL.',
  );
};

const stackName = (
  { stack, stage, outputs }: TargetOptions,
  environment: NodeJS.ProcessEnv,
): string | undefined => {
  if (stack !== undefined && stage !== undefined) throw usageError('Give --stack or --stage, not both.');
  if (stage !== undefined) return `startframe-${stage}`;
  return stack ?? (outputs === undefined ? environment.STARTFRAME_STACK || undefined : undefined);
};

const atUrl = async (
  url: string,
  { region, profile }: TargetOptions,
  environment: NodeJS.ProcessEnv,
  folder: string,
): Promise<Target> => {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw usageError(
      `--url must be an address such as https://abc.execute-api.eu-west-1.amazonaws.com, not "${url}".`,
    );
  const aws = isLoopback(url) ? await localAws(url, region, folder) : awsOf(region, profile);
  return { name: url, apiUrl: url, api: clientOf(url, aws, environment), aws };
};

/** The local stack of this folder has credentials of its own; anything else on this machine gets the public ones. */
const localAws = async (url: string, region = 'us-east-1', folder: string): Promise<AwsAccess> => {
  const local = await findLocalStack(folder);
  const isOurs = local !== undefined && new URL(local.outputs.endpoint).origin === new URL(url).origin;
  return { region, credentials: isOurs ? localCredentials(local.outputs) : publicCredentials };
};

const awsOf = (region: string | undefined, profile: string | undefined): AwsAccess => ({
  ...(region === undefined ? {} : { region }),
  ...(profile === undefined ? {} : { profile }),
});

/** A key or a token in the environment takes precedence over AWS credentials. */
const clientOf = (baseUrl: string, aws: AwsAccess, environment: NodeJS.ProcessEnv): StartframeClient => {
  const { STARTFRAME_API_KEY: apiKey, STARTFRAME_TOKEN: token } = environment;
  if (apiKey) return createClient({ baseUrl, apiKey });
  if (token) return createClient({ baseUrl, token });
  return createClient({ baseUrl, sign: aws });
};

/** What `npm start` deploys. */
const LOCAL_STACK = 'startframe-local';

const ofLocalStack = ({ outputs }: LocalStack, environment: NodeJS.ProcessEnv): Target => {
  const { AwsAccessKeyId, AwsSecretAccessKey, ...names } = outputs;
  const { endpoint, region, ApiUrl: apiUrl } = names;
  const credentials = isLoopback(endpoint)
    ? { credentials: localCredentials({ AwsAccessKeyId, AwsSecretAccessKey }) }
    : {};
  const aws: AwsAccess = { endpoint, region, ...credentials };
  const api = clientOf(apiUrl, aws, environment);
  return { name: 'the local stack', apiUrl, api, aws, stack: LOCAL_STACK, outputs: names };
};

/** How AWS is reached without a stack. @throws CliError when no region is known */
export const awsAccess = async (
  { region, profile }: TargetOptions,
  environment: NodeJS.ProcessEnv,
): Promise<AwsAccess & { readonly region: string }> => {
  const found = await new CloudFormationClient(awsOf(region, profile)).config.region().catch(() => undefined);
  if (found === undefined)
    throw usageError('The region of the stack is not known. Give --region, or set AWS_REGION.');
  const endpoint = environment.AWS_ENDPOINT_URL;
  return { ...awsOf(found, profile), region: found, ...(endpoint ? { endpoint } : {}) };
};

/** How the cloud of a named stage is reached: the local one of this folder for `local`, else AWS. */
export const accessTo = async (
  options: TargetOptions,
  environment: NodeJS.ProcessEnv,
  folder: string,
): Promise<AwsAccess & { readonly region: string }> => {
  if (`startframe-${options.stage}` !== LOCAL_STACK || environment.AWS_ENDPOINT_URL)
    return awsAccess(options, environment);
  const local = options.outputs ? await readLocalStack(options.outputs) : await findLocalStack(folder);
  if (!local) throw usageError('No local stack runs here (npm start), and none is on AWS.');
  const { region } = local.outputs;
  return { ...ofLocalStack(local, environment).aws, region };
};

const ofStack = async (
  stack: string,
  { region, profile }: TargetOptions,
  environment: NodeJS.ProcessEnv,
): Promise<Target> => {
  const aws = await awsAccess({ region, profile }, environment);
  const { endpoint } = aws;
  const said = await outputsOf(new CloudFormationClient(aws), stack, aws.region);
  // At a cloud other than AWS, the addresses of AWS lead nowhere.
  const outputs = endpoint ? reachableOutputs({ endpoint }, said) : said;
  const apiUrl = outputs.ApiUrl;
  if (apiUrl === undefined) throw new CliError(`The stack ${stack} has no output ApiUrl.`, ExitCode.notFound);
  return { name: stack, apiUrl, api: clientOf(apiUrl, aws, environment), aws, stack, outputs };
};

const outputsOf = async (
  cloudFormation: CloudFormationClient,
  stack: string,
  region: string,
): Promise<Record<string, string>> => {
  try {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
    const entries = (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [
      OutputKey,
      OutputValue,
    ]);
    return Object.fromEntries(entries);
  } catch (error) {
    // CloudFormation has no error code for this.
    if (error instanceof Error && /does not exist/.test(error.message))
      throw new CliError(`There is no stack ${stack} in ${region}.`, ExitCode.notFound, { cause: error });
    throw error;
  }
};
