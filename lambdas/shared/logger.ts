import { Logger } from '@aws-lambda-powertools/logger';

/** Facts with keys. Never a whole event, a key or a signed address. */
export const logger = new Logger({ serviceName: 'startframe' });
