import type { ProviderTask } from '../../../../../core/providers/provider.ts';
import { providerOf } from '../../../../../core/providers/registry.ts';
import { fakeProvider, fixturesOf, videoRequest } from './context.ts';

export const fixture = fixturesOf('gptproto');

export const VIDEO = 'https://oss.gptproto.com/2026/11/20/abc.mp4';
export const TASK = { id: 'abc' };

export const submit = (body: unknown, changes: Parameters<typeof fakeProvider>[1] = {}) =>
  providerOf(fakeProvider({ body }, changes).context).submit(videoRequest());
export const check = (
  body: unknown,
  changes: Parameters<typeof fakeProvider>[1] = {},
  task: ProviderTask = TASK,
) => providerOf(fakeProvider({ body }, changes).context).check(task);
export const ofData = (data: unknown) => ({ data, message: 'success', code: 200 });
