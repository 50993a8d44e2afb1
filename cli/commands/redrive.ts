import type { Command } from 'commander';
import * as z from 'zod';
import { ApiProblem, type Job, type RedriveJobRequest } from '../../client/index.ts';
import { ask } from '../ask.ts';
import { type Call, type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { CliError, ExitCode, usageError, withHint } from '../errors.ts';
import { jobText } from '../job-text.ts';
import { dollars } from '../money-text.ts';
import type { Target } from '../target.ts';
import { canAsk, printable } from '../terminal.ts';

const RedriveOptions = z.object({
  confirmResubmit: z.boolean().default(false),
  giveUp: z.boolean().default(false),
  task: z.string().optional(),
});
type RedriveOptions = z.infer<typeof RedriveOptions>;

export const addRedrive = (program: Command, context: Context): void => {
  const command = program
    .command('redrive')
    .argument('<id>', 'a job')
    .summary('start a job again from where it ended')
    .description(
      'A task that the provider accepted is polled again, free. If only a new submit can help, which may be charged twice, you are asked first; a script gives --confirm-resubmit.',
    )
    .option('--confirm-resubmit', 'submit again, although the last submit may have been charged')
    .option('--task <id>', 'the provider’s id of the task: poll it, submit nothing')
    .option('--give-up', 'end a job whose submit stays unanswered');
  addExamples(command, [
    ['startframe redrive 5f0c…', ''],
    ['startframe redrive 5f0c… --task task_abc', 'found at the provider'],
    ['startframe redrive 5f0c… --confirm-resubmit', 'may be charged twice'],
  ]);
  onCall(command, context, RedriveOptions, async (call) => {
    const [id = ''] = call.words;
    const target = await call.target();
    const job = await redrive(call, target, id, requestOf(call.options));
    call.answer(job, jobText(call.terminal, job));
  });
};

const CHOICES = ['--task ID', '--confirm-resubmit', '--give-up'] as const;

const requestOf = ({ confirmResubmit, giveUp, task }: RedriveOptions): RedriveJobRequest => {
  const given = [confirmResubmit, giveUp, task !== undefined].filter(Boolean).length;
  if (given > 1) throw usageError('Give one of --confirm-resubmit, --task and --give-up.');
  return {
    ...(confirmResubmit ? { confirmResubmit } : {}),
    ...(giveUp ? { giveUp } : {}),
    ...(task === undefined ? {} : { taskId: task }),
  };
};

const redrive = async (
  { terminal, signal }: Call<RedriveOptions>,
  { api }: Target,
  id: string,
  request: RedriveJobRequest,
): Promise<Job> => {
  try {
    return await api.redriveJob(id, request, { signal });
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.title !== 'CONFIRMATION_NEEDED') throw error;
    if (!canAsk(terminal))
      throw withHint(
        error,
        CHOICES.map((option) => `startframe redrive ${id} ${option}`),
      );
    const job = await api.showJob(id, { signal });
    return api.redriveJob(id, await askRedriveRequest(terminal, job, error.message), { signal });
  }
};

/** Shows what is at stake, and asks the person at the terminal. */
const askRedriveRequest = async (
  terminal: Call<RedriveOptions>['terminal'],
  job: Job,
  reason: string,
): Promise<RedriveJobRequest> => {
  const price = dollars(job.priceMicros) ?? 'a price that is not listed';
  const choices = [
    `  submit  submit again: costs ${price}, and the last submit may cost as much`,
    '  task    I found the task at the provider: poll it, submit nothing',
    ...(job.status === 'submit-unknown' ? ['  give up end the job'] : []),
  ];
  terminal.err.write(`${printable(reason)}\n\n${choices.join('\n')}\n\n`);
  const answer = (await ask(terminal, 'What to do? (nothing) ')).trim().toLowerCase();
  if (answer === 'submit') return { confirmResubmit: true };
  if (answer === 'task') return { taskId: (await ask(terminal, 'The id of the task: ')).trim() };
  if (answer === 'give up') return { giveUp: true };
  throw new CliError('Nothing was changed.', ExitCode.notNow);
};
