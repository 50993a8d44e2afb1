import type { Rule } from '../rule.ts';
import { isSignedWith, type Signature, sha256 } from '../signature.ts';

const SIGNING = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html';
const TROUBLESHOOTING =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html';
const QUERY_AUTH = 'https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html';
const HEADER_AUTH = 'https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html';

const SEVEN_DAYS_SECONDS = 604_800;

/** Milliseconds from the moment of signing until now. */
const ageMs = ({ signedAt }: Signature): number => {
  const iso = signedAt.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return Date.now() - Date.parse(iso);
};

export const signingRules: readonly Rule[] = [
  {
    id: 'presigned-for-more-than-seven-days',
    service: 's3',
    document: QUERY_AUTH,
    status: 400,
    code: 'AuthorizationQueryParametersError',
    check: ({ signature }) =>
      signature?.expiresSeconds !== undefined &&
      !(signature.expiresSeconds >= 1 && signature.expiresSeconds <= SEVEN_DAYS_SECONDS)
        ? 'X-Amz-Expires must be between 1 and 604800 seconds'
        : undefined,
  },
  {
    id: 'presigned-and-expired',
    service: 's3',
    document: QUERY_AUTH,
    status: 403,
    code: 'AccessDenied',
    check: ({ signature }) =>
      signature?.expiresSeconds !== undefined && ageMs(signature) > signature.expiresSeconds * 1000
        ? 'Request has expired'
        : undefined,
  },
  {
    id: 'signed-too-long-ago',
    service: 'any',
    document: TROUBLESHOOTING,
    status: 403,
    code: 'RequestTimeTooSkewed',
    // S3 allows fifteen minutes, the others five.
    check: ({ signature, service }) =>
      signature?.expiresSeconds === undefined &&
      signature &&
      !(Math.abs(ageMs(signature)) <= (service === 's3' ? 15 : 5) * 60_000)
        ? 'The difference between the request time and the current time is too large'
        : undefined,
  },
  {
    id: 'header-not-signed',
    service: 's3',
    document: HEADER_AUTH,
    status: 403,
    code: 'AccessDenied',
    check: ({ signature, headers }) => {
      const needed = [...headers.keys()].filter((name) => name === 'host' || name.startsWith('x-amz-'));
      const unsigned = needed.filter((name) => !signature?.signedHeaders.includes(name));
      return unsigned.length > 0
        ? `There were headers present in the request which were not signed: ${unsigned.join(', ')}`
        : undefined;
    },
  },
  {
    id: 'signature-does-not-match',
    service: 'any',
    document: SIGNING,
    status: 403,
    code: 'SignatureDoesNotMatch',
    check: (request) => {
      const { signature, memory } = request;
      const secret = signature && memory.secrets.get(signature.accessKeyId);
      return signature && secret !== undefined && !isSignedWith(request, signature, secret)
        ? 'The request signature we calculated does not match the signature you provided'
        : undefined;
    },
  },
  {
    id: 'payload-is-not-what-was-signed',
    service: 's3',
    document: HEADER_AUTH,
    status: 400,
    code: 'XAmzContentSHA256Mismatch',
    check: ({ headers, body }) => {
      const signed = headers.get('x-amz-content-sha256') ?? '';
      return /^[0-9a-f]{64}$/.test(signed) && signed !== sha256(body)
        ? "The provided 'x-amz-content-sha256' header does not match what was computed"
        : undefined;
    },
  },
];
