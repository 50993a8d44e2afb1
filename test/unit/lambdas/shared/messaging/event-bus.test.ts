import { jobEvent } from '../../../../../core/jobs/job-event.ts';
import { markOverdue, recordUnknownSubmit } from '../../../../../core/jobs/transitions.ts';
import { toOutgoing } from '../../../../../lambdas/shared/messaging/event-bus.ts';
import { acceptedState, at, jobRequest, runningState, submittingState } from '../../../../support/jobs.ts';

beforeAll(() => {
  process.env.EVENT_BUS = 'bus';
});

const attentionOf = (change: {
  event?: Parameters<typeof jobEvent>[0];
  state: Parameters<typeof jobEvent>[1];
}) => {
  const item = {
    pk: 'J#job1',
    sk: 'EVENT#000001',
    ...jobEvent(change.event ?? 'Video Job Accepted', change.state, jobRequest()),
  };
  const outgoing = toOutgoing(item);
  return 'entry' in outgoing ? outgoing.attention : outgoing;
};

it('an event that asks for a person says why, and for which job', () => {
  expect(attentionOf(recordUnknownSubmit(submittingState(), 'SUBMIT_UNANSWERED', at(60)))).toEqual({
    jobId: 'job1',
    reason: 'SUBMIT_UNANSWERED',
  });
  expect(attentionOf(markOverdue(runningState(), at(60)))).toEqual({ jobId: 'job1', reason: 'OVERDUE' });
});

it('other events of such a job do not ask again', () => {
  const attention = { reason: 'SUBMIT_UNANSWERED', since: at(60) };
  expect(attentionOf({ event: 'Video Job Submitted', state: runningState({ attention }) })).toBeUndefined();
  expect(attentionOf({ event: 'Video Job Accepted', state: acceptedState() })).toBeUndefined();
});
