import { fail, giveUp, succeed } from '../../../../core/jobs/ending.ts';
import { JobState } from '../../../../core/jobs/job.ts';
import { jobEvent } from '../../../../core/jobs/job-event.ts';
import { needAttention, recordTask, recordUnknownSubmit } from '../../../../core/jobs/transitions.ts';
import {
  acceptedState,
  at,
  jobRequest,
  providerSettings,
  runningState,
  storingState,
  submittingState,
  T0,
} from '../../../support/jobs.ts';

const video = {
  bucket: 'videos',
  key: 'videos/shoe.png.mp4',
  versionId: 'v',
  bytes: 9,
  sha256: 's',
  durationSeconds: 8,
  width: 1280,
  height: 720,
};

describe('a change', () => {
  it('counts the revision always and the sequence with an event', () => {
    const before = submittingState();
    const accepted = recordTask(before, { id: 't' }, providerSettings(), T0);
    expect(accepted.state.revision).toBe(before.revision + 1);
    expect(accepted.state.sequence).toBe(before.sequence + 1);
    expect(accepted.event).toBe('Video Job Submitted');
  });

  it('leaves no field undefined, so that what is written is what was said', () => {
    const { state } = succeed(
      storingState({ attention: { reason: 'X', since: T0 } }),
      { video, videoCount: 1, costMicros: 800_000 },
      at(90),
    );
    expect(Object.values(state)).not.toContain(undefined);
    expect(state.attention).toBeUndefined();
    expect(JobState.parse(state)).toEqual(state);
  });

  it('keeps the state of a usual job within 1 KB and a bit, long fields included', () => {
    const { state } = succeed(
      storingState({
        frame: { mimeType: 'image/png', width: 1, height: 1, bytes: 1, sha256: 'a'.repeat(64) },
      }),
      { video: { ...video, sha256: 'a'.repeat(64) }, videoCount: 1, costMicros: 800_000 },
      at(90),
    );
    expect(JSON.stringify(state).length).toBeLessThan(1300);
  });

  it('says a need for attention once', () => {
    const needed = needAttention(runningState(), 'DOWNLOAD_FAILED', T0);
    expect(needed?.event).toBe('Video Job Needs Attention');
    expect(needAttention(needed?.state ?? runningState(), 'DOWNLOAD_FAILED', at(1))).toBeUndefined();
  });
});

describe('an event', () => {
  it('carries the envelope, and says where the video is', () => {
    const { state } = succeed(storingState(), { video, videoCount: 1, costMicros: 800_000 }, at(90));
    expect(jobEvent('Video Job Succeeded', state, jobRequest())).toMatchObject({
      schemaVersion: 1,
      eventId: `job1:${state.sequence}`,
      sequence: state.sequence,
      jobId: 'job1',
      run: 1,
      owner: 'drop',
      status: 'succeeded',
      at: at(90),
      metadata: { campaign: 'spring' },
      bucket: 'videos',
      key: 'videos/shoe.png.mp4',
      versionId: 'v',
      durationSeconds: 8,
      costMicros: 800_000,
    });
  });
});

describe('giving up', () => {
  it('never fails a job that was not submitted yet: the sweeper starts it again, a minute later the first time', () => {
    const accepted = acceptedState({ slot: 'job#job1', sendAt: T0 });
    expect(giveUp(accepted, undefined, T0)).toEqual({
      state: expect.objectContaining({ status: 'accepted', dueAt: at(60) }),
    });
    expect(giveUp(accepted, undefined, T0)?.state).not.toHaveProperty('slot');
    expect(giveUp({ ...accepted, repairs: 2 }, undefined, T0)?.state.dueAt).toBe(at(16 * 60));
    // A redriven job whose earlier submit was refused.
    expect(giveUp(accepted, { answered: true }, T0)?.state.status).toBe('accepted');
    const queued = { ...acceptedState(), status: 'queued' as const };
    expect(giveUp(queued, undefined, T0)?.state).toMatchObject({ status: 'queued', dueAt: at(60) });
  });

  it('fails a job whose submit was refused, free', () => {
    expect(giveUp(submittingState(), { answered: true }, T0)?.state.failure).toMatchObject({
      code: 'INTERNAL',
      charged: 'no',
    });
  });

  it('asks a person about an unanswered POST', () => {
    expect(giveUp(submittingState(), { answered: false }, T0)?.state.status).toBe('submit-unknown');
  });

  it('never fails a job that was ordered', () => {
    for (const state of [runningState(), storingState()])
      expect(giveUp(state, { answered: true }, T0)).toMatchObject({
        event: 'Video Job Needs Attention',
        state: { status: state.status, attention: { reason: 'WORKFLOW_STOPPED' } },
      });
  });

  it('leaves alone what is over or waits for a person', () => {
    const unknown = recordUnknownSubmit(submittingState(), 'X', T0).state;
    const failed = fail(
      runningState(),
      { code: 'PROVIDER_FAILED', message: 'm', advice: 'a', charged: 'no' },
      T0,
    ).state;
    expect(giveUp(unknown, { answered: false }, T0)).toBeUndefined();
    expect(giveUp(failed, { answered: true }, T0)).toBeUndefined();
  });
});

it('an end that is free says nothing of what an earlier order may have cost: a person is told', () => {
  const state = { ...submittingState(), atStakeMicros: 800_000 };
  const { state: ended } = giveUp(state, { answered: true }, at(60)) ?? { state };
  expect(ended).toMatchObject({
    status: 'failed',
    failure: { code: 'INTERNAL', charged: 'unknown' },
    attention: { reason: 'INTERNAL' },
  });
});
