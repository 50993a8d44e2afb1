import type { BuildOptions } from 'esbuild';

/**
 * A function's credentials are in its environment; the SDK loads these packages only where they are not. Left out they are 108 kB
 * less of each bundle, and the SDK of Lambda's own runtime still has them.
 */
const CREDENTIALS_ELSEWHERE = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

/** How a function becomes one file. */
export const bundling = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  // CommonJS starts faster than modules in Lambda, and the packages' module builds make the smaller bundle.
  format: 'cjs',
  mainFields: ['module', 'main'],
  external: CREDENTIALS_ELSEWHERE,
  logLevel: 'warning',
} as const satisfies BuildOptions;
