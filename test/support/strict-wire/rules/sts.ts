import type { Rule } from '../rule.ts';

const ASSUME_ROLE = 'https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html';

export const stsRules: readonly Rule[] = [
  {
    id: 'session-policy-over-2048-characters',
    service: 'sts',
    document: ASSUME_ROLE,
    status: 400,
    code: 'ValidationError',
    check: ({ form }) =>
      (form.get('Policy') ?? '').length > 2048
        ? "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048"
        : undefined,
  },
  {
    id: 'session-name',
    service: 'sts',
    document: ASSUME_ROLE,
    status: 400,
    code: 'ValidationError',
    check: ({ operation, form }) =>
      operation === 'AssumeRole' && !/^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? '')
        ? "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        : undefined,
  },
  {
    id: 'session-duration',
    service: 'sts',
    document: ASSUME_ROLE,
    status: 400,
    code: 'ValidationError',
    check: ({ form }) => {
      const seconds = form.get('DurationSeconds');
      return seconds !== null && !(Number(seconds) >= 900 && Number(seconds) <= 43_200)
        ? "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200"
        : undefined;
    },
  },
  {
    id: 'chained-role-over-one-hour',
    service: 'sts',
    document: ASSUME_ROLE,
    status: 400,
    code: 'ValidationError',
    // Who calls with a session token is in a role already, as every function is.
    check: ({ operation, form, headers }) =>
      operation === 'AssumeRole' &&
      headers.has('x-amz-security-token') &&
      Number(form.get('DurationSeconds') ?? 0) > 3600
        ? 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.'
        : undefined,
  },
];
