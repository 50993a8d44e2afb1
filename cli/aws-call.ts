import { signing } from '../client/sign.ts';
import type { AwsAccess } from './target.ts';

/** A call of an AWS service by HTTP. */
export interface AwsCall {
  /** As in the host name and the signature: `lambda`. */
  readonly service: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The service refused the call. The name is the service's own word. */
class AwsCallFailed extends Error {
  override readonly name: string;
  // `explain` shows errors of AWS by name and message, without a stack.
  readonly $metadata = {};

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

const TIMEOUT_MS = 10_000;

/**
 * Calls a service of which the command line needs one or two operations: a client of its own for each would be most of the package.
 * Answers the body.
 * @throws an error with the service's own name for the refusal
 */
export const callAws = async (aws: AwsAccess, call: AwsCall): Promise<string> => {
  const { service, method, path, headers = {}, body } = call;
  const { region = 'us-east-1', profile, credentials, endpoint } = aws;
  const url = new URL(path, endpoint ?? `https://${service}.${region}.${urlSuffix(region)}`);
  const content = body === undefined ? {} : { body };
  const sign = signing({ service, region, profile, credentials });
  const signed = await sign({ method, url, headers: { ...headers }, ...content });
  const response = await fetch(url, {
    method,
    headers: signed,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...content,
  });
  const text = await response.text();
  if (!response.ok)
    throw new AwsCallFailed(errorName(response.headers, text) ?? String(response.status), text);
  return text;
};

/** China has host names of its own. */
const urlSuffix = (region: string): string =>
  region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';

/** JSON protocols name the error in a header or in `__type`, with or without a namespace; the query protocol in `Code`. */
const errorName = (headers: Headers, text: string): string | undefined => {
  const named =
    headers.get('x-amzn-errortype') ??
    /"__type"\s*:\s*"([^"]+)"/.exec(text)?.[1] ??
    /<Code>([^<]+)<\/Code>/.exec(text)?.[1];
  return named?.split(':')[0]?.replace(/^.*#/, '');
};

/** A call by the JSON protocol: `AmazonSSM.GetParameter`. */
export const jsonCall = (aws: AwsAccess, service: string, target: string, input: unknown): Promise<string> =>
  callAws(aws, {
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body: JSON.stringify(input),
  });

/** A call by the query protocol, which answers XML. */
export const queryCall = (
  aws: AwsAccess,
  service: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> =>
  callAws(aws, {
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(parameters).toString(),
  });
