import { afterFailedFetch, FrameNotFetched, mayChange } from '../../../../core/jobs/frame-fetch.ts';
import { recordFrames } from '../../../../core/jobs/transitions.ts';
import { acceptedState, at } from '../../../support/jobs.ts';

const trouble = new FrameNotFetched('The frame was not fetched: https://a.example was not reached.');

it('a frame that cannot be fetched is tried four times, and then the job ends, free, and says why', () => {
  let state = acceptedState();
  for (const tries of [1, 2, 3]) {
    const { change, isOver } = afterFailedFetch(state, trouble, at(tries));
    expect(isOver).toBe(false);
    expect(change).not.toHaveProperty('event');
    expect(change.state).toMatchObject({ status: 'accepted', unconfirmed: { answers: tries, since: at(1) } });
    state = change.state;
  }
  const { change, isOver } = afterFailedFetch(state, trouble, at(4));
  expect(isOver).toBe(true);
  expect(change).toMatchObject({
    event: 'Video Job Failed',
    state: {
      status: 'failed',
      failure: { code: 'INVALID_FRAME', charged: 'no', advice: expect.stringContaining('Redrive') },
    },
  });
  expect(change.state.failure?.message).toMatch(/was not reached\. It was tried 4 times\.$/);
});

it('what was doubted is over once the frames are there', () => {
  const { state } = afterFailedFetch(acceptedState(), trouble, at(1)).change;
  expect(recordFrames(state, {}, at(2)).state).not.toHaveProperty('unconfirmed');
});

it.each([
  [500, true],
  [503, true],
  [429, true],
  [408, true],
  [404, false],
  [403, false],
  [410, false],
])('whether %i may change: %s', (status, may) => {
  expect(mayChange(status)).toBe(may);
});
