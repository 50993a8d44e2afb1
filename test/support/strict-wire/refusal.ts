import type { Rule } from './rule.ts';
import type { WireRequest } from './wire-request.ts';

export interface Refusal {
  readonly rule: Rule;
  readonly message: string;
  readonly operation: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A refusal in the form of the service, so that the SDK throws the error that it would throw on AWS. */
export const answerOf = ({ rule, message }: Refusal, { service, method }: WireRequest): Answer => {
  const code = codeFor(rule, service);
  const text = `${message} (strict wire: ${rule.id})`;
  switch (service) {
    case 's3':
      return {
        status: rule.status,
        headers: { 'content-type': 'application/xml' },
        body:
          method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>${escapeXml(text)}</Message></Error>`,
      };
    case 'sts':
    case 'cloudformation':
    case 'iam':
      return {
        status: rule.status,
        headers: { 'content-type': 'text/xml' },
        body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(text)}</Message></Error><RequestId>strict-wire</RequestId></ErrorResponse>`,
      };
    case 'execute-api':
      return {
        status: rule.status,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message: 'Forbidden' }),
      };
    default:
      return {
        status: rule.status,
        headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code },
        body: JSON.stringify({ __type: code, message: text }),
      };
  }
};

/** For the log of a test run: which rule, and where to read about it. */
export const reportRefusal = ({ rule, message, operation }: Refusal): void => {
  process.stderr.write(
    `The strict wire refused ${operation}: ${rule.id}, ${message}. See ${rule.document}\n`,
  );
};

// What S3 and the query services name differently from the JSON services.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
const jsonNames: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: 'InvalidSignatureException',
  RequestTimeTooSkewed: 'InvalidSignatureException',
};
const queryNames: Readonly<Record<string, string>> = { RequestTimeTooSkewed: 'SignatureDoesNotMatch' };

const codeFor = ({ code }: Rule, service: string): string => {
  if (service === 's3') return code;
  if (service === 'sts' || service === 'cloudformation' || service === 'iam') return queryNames[code] ?? code;
  return jsonNames[code] ?? code;
};

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
