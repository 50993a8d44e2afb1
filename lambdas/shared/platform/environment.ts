import type { Env } from '../../../core/kernel/contract.ts';

type Variable = (typeof Env)[keyof typeof Env];

/** The value of a variable that a grant sets. Absent means that the function was deployed without the grant it needs. */
export const environment = (name: Variable): string => {
  const value = process.env[name];
  if (!value) throw new Error(`The environment variable ${name} is not set: this function lacks a grant.`);
  return value;
};
