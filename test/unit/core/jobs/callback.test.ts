import { applyCallback, taskIdsOf } from '../../../../core/jobs/callback.ts';
import { acceptedState, at, runningState, storingState } from '../../../support/jobs.ts';

test.each([
  [{ id: 'evt_1', type: 'video.completed', data: { id: 'video_1' } }, ['video_1', 'evt_1']],
  [{ type: 'video.generated', data: { name: 'models/veo/operations/1' } }, ['models/veo/operations/1']],
  [{ task_id: 'task1', status: 'SUCCESS' }, ['task1']],
  [{ data: 'video_1', id: 5 }, []],
  [undefined, []],
  ['task1', []],
])('%j is about %j', (body, ids) => expect(taskIdsOf(body)).toEqual(ids));

const task = { provider: 'simulated', id: 'task1' };

test('a job that waits for the task asks now, in another run', () => {
  const hinted = applyCallback(runningState(), task, at(60));
  expect(hinted).toMatchObject({
    event: 'Video Job Restarted',
    action: 'hint',
    state: { run: 2, status: 'running', actor: 'callback:simulated', task: { id: 'task1' } },
  });
});

test.each([
  ['another task', runningState(), { ...task, id: 'task2' }, 60],
  ['another provider', runningState(), { ...task, provider: 'google' }, 60],
  ['a job that waits for nothing', acceptedState(), task, 60],
  ['a video that is being fetched', storingState(), task, 600],
  ['a job that got on a moment ago', runningState(), task, 9],
])('nothing: %s', (_, state, called, seconds) =>
  expect(applyCallback(state, called, at(seconds))).toBeUndefined(),
);

test('the next hint has to wait', () => {
  const hinted = applyCallback(runningState(), task, at(60));
  if (!hinted) throw new Error('not hinted');
  expect(applyCallback(hinted.state, task, at(65))).toBeUndefined();
  expect(applyCallback(hinted.state, task, at(70))).toBeDefined();
});
