import * as z from 'zod';
import { bytesOf, first, type Rule } from '../rule.ts';

const START = 'https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html';
const SUCCESS = 'https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html';
const FAILURE = 'https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html';

const MAX_DATA_BYTES = 262_144;

const Input = z.object({
  name: z.string().optional(),
  input: z.string().optional(),
  output: z.string().optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
});

// White space, brackets, wildcards, special and control characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule is about.
const NOT_IN_A_NAME = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const tooLong = (name: string, text: string | undefined, max: number): string | undefined =>
  bytesOf(text ?? '') > max
    ? `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must have length less than or equal to ${max}`
    : undefined;

export const stepFunctionsRules: readonly Rule[] = [
  {
    id: 'execution-name-over-80-characters',
    service: 'states',
    document: START,
    status: 400,
    code: 'ValidationException',
    check: ({ operation, input }) =>
      operation === 'StartExecution' ? tooLong('name', Input.parse(input).name, 80) : undefined,
  },
  {
    id: 'execution-name',
    service: 'states',
    document: START,
    status: 400,
    code: 'InvalidName',
    check: ({ operation, input }) => {
      const { name } = Input.parse(input);
      return operation === 'StartExecution' && name !== undefined && (name === '' || NOT_IN_A_NAME.test(name))
        ? `Invalid Name: '${name}'`
        : undefined;
    },
  },
  {
    id: 'input-over-256-kib',
    service: 'states',
    document: START,
    status: 400,
    code: 'ValidationException',
    check: ({ operation, input }) =>
      operation === 'StartExecution' ? tooLong('input', Input.parse(input).input, MAX_DATA_BYTES) : undefined,
  },
  {
    id: 'input-is-not-json',
    service: 'states',
    document: START,
    status: 400,
    code: 'InvalidExecutionInput',
    check: ({ operation, input }) =>
      operation === 'StartExecution' && !isJson(Input.parse(input).input ?? '{}')
        ? 'Invalid State Machine Execution Input'
        : undefined,
  },
  {
    id: 'output-over-256-kib',
    service: 'states',
    document: SUCCESS,
    status: 400,
    code: 'ValidationException',
    check: ({ operation, input }) =>
      operation === 'SendTaskSuccess'
        ? tooLong('output', Input.parse(input).output, MAX_DATA_BYTES)
        : undefined,
  },
  {
    id: 'output-is-not-json',
    service: 'states',
    document: SUCCESS,
    status: 400,
    code: 'InvalidOutput',
    check: ({ operation, input }) =>
      operation === 'SendTaskSuccess' && !isJson(Input.parse(input).output ?? '')
        ? 'Invalid output'
        : undefined,
  },
  {
    id: 'error-or-cause-too-long',
    service: 'states',
    document: FAILURE,
    status: 400,
    code: 'ValidationException',
    check: ({ operation, input }) => {
      if (operation !== 'SendTaskFailure' && operation !== 'StopExecution') return undefined;
      const { error, cause } = Input.parse(input);
      return first([tooLong('error', error, 256), tooLong('cause', cause, 32_768)]);
    },
  },
];
