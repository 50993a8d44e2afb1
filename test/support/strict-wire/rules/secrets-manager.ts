import * as z from 'zod';
import { bytesOf, type Rule } from '../rule.ts';

const PUT = 'https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html';

const Input = z.object({ SecretString: z.string().optional(), ClientRequestToken: z.string().optional() });

export const secretsManagerRules: readonly Rule[] = [
  {
    id: 'secret-over-65536-bytes',
    service: 'secretsmanager',
    document: PUT,
    status: 400,
    code: 'ValidationException',
    check: ({ input }) =>
      bytesOf(Input.parse(input).SecretString ?? '') > 65_536
        ? "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536"
        : undefined,
  },
  {
    id: 'secret-empty',
    service: 'secretsmanager',
    document: PUT,
    status: 400,
    code: 'ValidationException',
    check: ({ input }) =>
      Input.parse(input).SecretString === ''
        ? "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length greater than or equal to 1"
        : undefined,
  },
];
