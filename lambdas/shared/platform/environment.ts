import type { Env } from '../../../core/kernel/contract.ts';

type Variable = (typeof Env)[keyof typeof Env];

/** The value of a variable that a grant sets. Without it the function was deployed without a grant that it needs. */
export const environment = (name: Variable): string => {
  const value = process.env[name];
  if (!value)
    throw new Error(
      `The environment variable ${name} is not set: the stack lacks a grant for this function. Add it and deploy again.`,
    );
  return value;
};
