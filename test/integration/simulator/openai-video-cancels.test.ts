import { gateway, setUpGateway } from './gateway-builder.ts';
import {
  accept,
  acceptWith,
  ask,
  bodyOf,
  content,
  generations,
  over,
  post,
  videos,
  withKey,
} from './openai-video-builder.ts';
import { start } from './support.ts';

setUpGateway();

describe('a cancel', () => {
  const cancel = (id: string, as: 'post' | 'delete', headers: Record<string, string> = withKey) =>
    as === 'post'
      ? fetch(`${gateway.url}${generations}/${encodeURIComponent(id)}/cancel`, { method: 'POST', headers })
      : fetch(`${gateway.url}${videos}/${encodeURIComponent(id)}`, { method: 'DELETE', headers });
  const statusOf = () => gateway.ledger().tasks[0]?.status;
  const running = (...faults: string[]) => acceptWith('late(20s)', ...faults);

  test.each(['post', 'delete'] as const)('by %s ends and refunds an unfinished task', async (as) => {
    const id = await running();
    expect(gateway.ledger()).toMatchObject({ chargedTasks: 1 });
    const response = await cancel(id, as);
    expect(response.status).toBe(200);
    const cancelled = {
      error: { code: expect.any(String), message: expect.stringContaining('cancelled') },
      format: 'mp4',
      metadata: null,
      status: 'cancelled',
      task_id: id,
      url: '',
    };
    expect(await response.json()).toEqual(
      as === 'post'
        ? { code: 'success', message: '', data: cancelled }
        : { id, object: 'video.deleted', deleted: true },
    );
    expect(await ask(id)).toMatchObject({ data: cancelled });
    expect(gateway.ledger()).toMatchObject({
      tasks: [{ status: 'cancelled', charged: false, chargedMicros: 0 }],
      chargedTasks: 0,
      chargedMicros: 0,
      cancels: 1,
    });
    // A repetition, as after a lost answer, changes nothing.
    expect((await cancel(id, as)).status).toBe(200);
    expect((await content(id)).status).toBe(400);
  });

  test.each(['post', 'delete'] as const)('by %s comes too late for a finished task', async (as) => {
    for (const [fault, status] of [
      ['nsfw-note', 'succeeded'],
      ['failed', 'failed'],
      ['empty', 'empty'],
    ] as const) {
      await fetch(`${gateway.url}/_gateway/ledger`, { method: 'DELETE' });
      const id = await acceptWith(fault);
      await over(id);
      const response = await cancel(id, as);
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ code: 'task_finished', data: null });
      expect(statusOf()).toBe(status);
    }
  });

  test.each([
    ['1', { status: 'cancelled' }],
    ['2', { data: { status: 'CANCELLED', fail_reason: expect.any(String) } }],
    ['4', { status: 'cancelled', error: { message: expect.any(String) } }],
  ])('shows in form %s', async (shape, form) => {
    const id = await running(`shape-${shape}`);
    expect(await (await cancel(id, 'post')).json()).toMatchObject(form);
  });

  test('needs the key, and a task that exists', async () => {
    const id = await running('odd-id');
    for (const as of ['post', 'delete'] as const) {
      expect((await cancel(id, as, {})).status).toBe(401);
      expect((await cancel('nobody', as)).status).toBe(400);
    }
    expect(statusOf()).toBe('queued');
    expect((await cancel(id, 'post')).status).toBe(200);
    expect(statusOf()).toBe('cancelled');
  });

  test("ends the task's place in the limit", async () => {
    const small = await start({ seconds: 60, maxInFlight: 1 });
    try {
      const id = await accept({}, { on: small });
      expect((await post(bodyOf(), { on: small })).status).toBe(429);
      await fetch(`${small.url}${videos}/${id}`, { method: 'DELETE', headers: withKey });
      expect((await post(bodyOf(), { on: small })).status).toBe(200);
    } finally {
      await small.close();
    }
  });
});
