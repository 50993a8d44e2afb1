import type { BuildOptions } from 'esbuild';

/**
 * A function has its credentials in its environment; the SDK loads these packages only where it has none there. Without them each
 * bundle is 108 kB smaller, and the SDK of Lambda's own runtime still has them.
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
  // CommonJS starts faster than modules in Lambda, and the packages' module builds give the smaller bundle.
  format: 'cjs',
  mainFields: ['module', 'main'],
  external: CREDENTIALS_ELSEWHERE,
  logLevel: 'warning',
} as const satisfies BuildOptions;
