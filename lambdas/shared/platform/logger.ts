import { Logger } from '@aws-lambda-powertools/logger';

/** Facts with keys. Never a whole event, a key or a signed address. */
export const logger = new Logger({ serviceName: 'startframe' });

/** A thrown value as the logger takes it: JavaScript throws anything, and only an Error has a name, a cause and a stack. */
export const loggable = (thrown: unknown): Error | string =>
  thrown instanceof Error ? thrown : String(thrown);
