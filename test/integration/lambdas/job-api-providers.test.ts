import { forgetProvider, itemsOf, putItem, putJob } from '../../support/job-items.ts';
import { acceptedState, jobRequest } from '../../support/jobs.ts';
import { context } from '../../support/lambda.ts';
import { event, handler, read, setUpApi } from './job-api-builder.ts';

setUpApi();

describe('providers', () => {
  const admin = 'arn:aws:sts::111122223333:assumed-role/OnCall/ann';
  const pause = (userArn: string, body?: string) =>
    event('POST /providers/{id}/pause', { id: 'simulated', userArn, ...(body ? { body } : {}) });
  const control = async () => (await itemsOf('PROVIDER#simulated')).find(({ sk }) => sk === 'CONTROL');
  beforeEach(() => forgetProvider('simulated'));

  it.each(['GET /providers', 'POST /providers/{id}/pause', 'POST /providers/{id}/resume'])(
    '%s is for admins of the stage only',
    async (route) => {
      const answer = await handler(event(route, { id: 'simulated' }), context);
      expect(read(answer)).toMatchObject({ status: 403, body: { title: 'FORBIDDEN' } });
      expect(await control()).toBeUndefined();
    },
  );

  it('an admin stops the orders, by name, and lets them go on', async () => {
    const answer = read(await handler(pause(admin, '{"reason":"too dear"}'), context));
    const obstacle = { reason: 'PAUSED_BY_ADMIN', message: expect.stringContaining('too dear') };
    expect(answer).toMatchObject({ status: 200, body: { id: 'simulated', obstacle } });
    expect(await control()).toMatchObject({ pause: { by: '111122223333:role/OnCall', reason: 'too dear' } });
    const resume = event('POST /providers/{id}/resume', { id: 'simulated', userArn: admin });
    expect(read(await handler(resume, context)).body).not.toHaveProperty('obstacle');
    expect(await control()).not.toHaveProperty('pause');
    // The stream tells admit-jobs.
    expect((await itemsOf('PROVIDER#simulated')).map(({ sk }) => sk)).toContain('WAKE');
  });

  it('are shown with what is in flight and what waits', async () => {
    await putItem({
      pk: 'SLOT#simulated',
      sk: '0000',
      jobId: 'job',
      run: 1,
      since: '2026-01-01T00:00:00.000Z',
    });
    const { status, body } = read(await handler(event('GET /providers', { userArn: admin }), context));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      providers: [
        { id: 'simulated', inFlight: 1, waiting: 0 },
        { id: 'google', inFlight: 0, waiting: 0 },
      ],
    });
  });

  it('that are not of the stage are not there', async () => {
    const answer = await handler(
      event('POST /providers/{id}/pause', { id: 'nobody', userArn: admin }),
      context,
    );
    expect(read(answer).status).toBe(404);
  });

  it('that are parked are the reason that a job waits for, and its owner reads it', async () => {
    await putItem({
      pk: 'PROVIDER#simulated',
      sk: 'CONTROL',
      revision: 1,
      clock: 0,
      breaker: {
        code: 'PROVIDER_BALANCE',
        message: 'no money',
        since: '2026-01-01T00:00:00.000Z',
        refusals: 3,
        retryAt: '2026-01-01T00:02:00.000Z',
      },
    });
    await putJob(
      acceptedState({ jobId: 'parked', owner: '111122223333:role/Shop', status: 'queued' }),
      jobRequest(),
    );
    const { body } = read(await handler(event('GET /jobs/{id}', { id: 'parked' }), context));
    expect(body).toMatchObject({
      status: 'queued',
      waiting: {
        reason: 'CIRCUIT_OPEN',
        message: expect.stringContaining('no money'),
        advice: expect.stringContaining('Top up'),
        until: '2026-01-01T00:02:00.000Z',
      },
    });
  });
});
