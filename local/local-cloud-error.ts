import { CliError } from '../cli/errors.ts';

/** The local cloud failed. The message tells the person at the terminal what happened and what to do. */
export class LocalCloudError extends CliError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, undefined, options);
  }
}
