import { CommanderError } from 'commander';
import { ApiProblem, ApiUnreachable, InsecureAddress } from '../client/index.ts';

/** How the command ended, for scripts. `docs/guides/command-line.md` lists them. */
export const ExitCode = {
  done: 0,
  /** A job failed, or something unforeseen did. */
  failed: 1,
  /** The command line, or a value in it, is wrong. */
  usage: 2,
  /** Not signed in, or not allowed. */
  notAllowed: 3,
  notFound: 4,
  /** Not in this state: the job's status forbids it, a person has to confirm, or there are too many requests. */
  notNow: 5,
  interrupted: 130,
} as const;

/** An error that a person can do something about: its message is shown, without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.failed, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The command line is wrong. The message says how to write it. */
export const usageError = (message: string): CliError => new CliError(message, ExitCode.usage);

export const exitCodeOf = (error: unknown): number => {
  if (error instanceof CliError) return error.exitCode;
  // After --help commander throws, too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  if (error instanceof InsecureAddress) return ExitCode.usage;
  if (error instanceof ApiProblem) return EXIT_CODES[error.status] ?? ExitCode.failed;
  return nameOf(error) === 'CredentialsProviderError' ? ExitCode.notAllowed : ExitCode.failed;
};

const EXIT_CODES: Readonly<Record<number, number>> = {
  400: ExitCode.usage,
  401: ExitCode.notAllowed,
  403: ExitCode.notAllowed,
  404: ExitCode.notFound,
  409: ExitCode.notNow,
  413: ExitCode.usage,
  415: ExitCode.usage,
  422: ExitCode.usage,
  429: ExitCode.notNow,
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

/** What went wrong, in sentences for the terminal. An error of ours shows its stack. */
export const explain = (error: unknown): string => {
  if (error instanceof CliError || error instanceof ApiUnreachable || error instanceof InsecureAddress)
    return error.message;
  if (error instanceof ApiProblem) return problemText(error);
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'CredentialsProviderError')
    return `No AWS credentials were found (${error.message}). Sign in as for the AWS command line, or give --profile.`;
  // The documentation of AWS lists its errors by name.
  return '$metadata' in error ? `${error.name}: ${error.message}` : (error.stack ?? error.message);
};

const problemText = ({ status, title, message, retryAfterSeconds }: ApiProblem): string => {
  const again = retryAfterSeconds === undefined ? '' : ` Try again in ${Math.ceil(retryAfterSeconds)} s.`;
  const hint =
    title === 'HTTP_403' || title === 'HTTP_401'
      ? ' The API refuses these credentials: startframe doctor finds out why.'
      : '';
  return `${title.startsWith('HTTP_') ? `HTTP ${status}` : title}: ${message}${again}${hint}`;
};

/**
 * Explains a job request without an answer, and how to send it once more: the same key and the same uploads make it the same
 * request, so that nothing is paid twice. Answers any other error as it is.
 */
export const unansweredRequest = (error: unknown, key: string, uploads: readonly string[]): unknown => {
  const isOpen = error instanceof ApiUnreachable || (error instanceof ApiProblem && error.status >= 500);
  if (!isOpen) return error;
  const files = uploads.map((upload) => `upload:${upload}`).join(', ');
  const instead = files === '' ? '' : ` and, in place of the uploaded files, ${files}`;
  return new CliError(
    `${explain(error)}\nIt is not known whether the request arrived. Run the same command with --key ${key}${instead}: it is the same request then, and nothing is paid twice.`,
    ExitCode.failed,
    { cause: error },
  );
};

/** A refusal, with the command lines that would be accepted. */
export const withHint = (problem: ApiProblem, lines: readonly string[]): CliError =>
  new CliError([explain(problem), ...lines.map((line) => `  ${line}`)].join('\n'), exitCodeOf(problem), {
    cause: problem,
  });
