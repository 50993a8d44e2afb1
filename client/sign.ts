import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Authorize } from './send.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Who signs. What is left out comes from where the AWS command line finds it. */
export interface SignOptions {
  /** The service that checks the signature. Default: API Gateway's. */
  readonly service?: string | undefined;
  /** Default: from the API's own address, or AWS_REGION. */
  readonly region?: string | undefined;
  /** A profile of the AWS configuration files. */
  readonly profile?: string | undefined;
  readonly credentials?: Credentials | (() => Promise<Credentials>) | undefined;
}

/** AWS Signature Version 4, which IAM requires of callers of the API. */
export const signing = ({ profile, ...options }: SignOptions = {}): Authorize => {
  let found: SignOptions['credentials'] = options.credentials;
  return async ({ method, url, headers, body }) => {
    found ??= await ordinaryCredentials(profile);
    const signer = new SignatureV4({
      service: options.service ?? 'execute-api',
      region: options.region ?? regionOf(url),
      credentials: found,
      sha256: Hash.bind(null, 'sha256'),
    });
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      ...(body === undefined ? {} : { body }),
    });
    // fetch sets the host header itself.
    const { host: _, ...others } = signed.headers;
    return others;
  };
};

/** From environment, profiles, single sign-on, containers or instances. Loaded when the first call is signed. */
const ordinaryCredentials = async (profile: string | undefined): Promise<() => Promise<Credentials>> => {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  return fromNodeProviderChain(profile === undefined ? {} : { profile });
};

const regionOf = ({ hostname }: URL): string => {
  const region =
    /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname)?.[1] ??
    process.env.AWS_REGION ??
    process.env.AWS_DEFAULT_REGION;
  if (region === undefined) throw new Error(`The region of ${hostname} is not known. Set AWS_REGION.`);
  return region;
};
