export type * from './api.ts';
export type { CallOptions, KeyedCallOptions } from './call.ts';
export { type ClientOptions, createClient, type StartframeClient } from './client.ts';
export { ApiProblem, ApiUnreachable, InsecureAddress } from './problem.ts';
export type { Credentials, SignOptions } from './sign.ts';
export { isOver, type WaitOptions } from './wait-for-job.ts';
