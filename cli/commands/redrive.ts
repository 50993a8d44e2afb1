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
      'What was ordered is asked for again, free. Where only a new order could help, which may be paid twice, a person is asked first; a script says --confirm-resubmit.',
    )
    .option('--confirm-resubmit', 'order again, although the last order may have been charged')
    .option('--task <id>', 'the task as the provider names it: it is taken up, and nothing is ordered')
    .option('--give-up', 'end a job that nobody knows the fate of');
  addExamples(command, [
    ['startframe redrive 5f0c…', ''],
    ['startframe redrive 5f0c… --task task_abc', 'found at the provider'],
    ['startframe redrive 5f0c… --confirm-resubmit', 'may be charged twice'],
  ]);
  onCall(command, context, RedriveOptions, async (call) => {
    const [id = ''] = call.words;
    const target = await call.target();
    const job = await redrive(call, target, id, wishOf(call.options));
    call.answer(job, jobText(call.terminal, job));
  });
};

const WISHES = ['--task ID', '--confirm-resubmit', '--give-up'] as const;

const wishOf = ({ confirmResubmit, giveUp, task }: RedriveOptions): RedriveJobRequest => {
  const said = [confirmResubmit, giveUp, task !== undefined].filter(Boolean).length;
  if (said > 1) throw usageError('Say one of --confirm-resubmit, --task and --give-up.');
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
  wish: RedriveJobRequest,
): Promise<Job> => {
  try {
    return await api.redriveJob(id, wish, { signal });
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.title !== 'CONFIRMATION_NEEDED') throw error;
    if (!canAsk(terminal))
      throw withHint(
        error,
        WISHES.map((wish) => `startframe redrive ${id} ${wish}`),
      );
    const job = await api.showJob(id, { signal });
    return api.redriveJob(id, await askRedriveRequest(terminal, job, error.message), { signal });
  }
};

/** What a person who sits there decides, with what is at stake before their eyes. */
const askRedriveRequest = async (
  terminal: Call<RedriveOptions>['terminal'],
  job: Job,
  reason: string,
): Promise<RedriveJobRequest> => {
  const price = dollars(job.priceMicros) ?? 'a price that nobody lists';
  const choices = [
    `  order   order again: costs ${price}, and the last order may cost as much besides`,
    '  task    I found the task at the provider: take it up, order nothing',
    ...(job.status === 'submit-unknown' ? ['  give up end the job'] : []),
  ];
  terminal.err.write(`${printable(reason)}\n\n${choices.join('\n')}\n\n`);
  const answer = (await ask(terminal, 'What shall be done? (nothing) ')).trim().toLowerCase();
  if (answer === 'order') return { confirmResubmit: true };
  if (answer === 'task') return { taskId: (await ask(terminal, 'The id of the task: ')).trim() };
  if (answer === 'give up') return { giveUp: true };
  throw new CliError('Nothing was changed.', ExitCode.notNow);
};
