import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { faultRows } from '../faults/faults.ts';
import { parseFault } from '../faults/requested-fault.ts';
import { type GatewayRequest, type PlainReply, readJson } from '../http/messages.ts';
import { invalid, Refusal } from '../http/refusal.ts';
import { showLedger } from '../tasks/ledger.ts';
import type { Gateway } from './gateway.ts';

const Script = z.strictObject({ match: z.string().optional(), faults: z.array(z.string()).min(1) });

const exampleFrame = join(import.meta.dirname, '..', '..', 'examples', 'frame.jpg');

/** The paths under /_gateway/, for tests and for people. They need no key: they are no part of the dialects. */
export const answerControl = async (gateway: Gateway, request: GatewayRequest): Promise<PlainReply> => {
  switch (`${request.method} ${request.path}`) {
    case 'GET /_gateway/health':
      return ok({ status: 'ok' });
    case 'GET /_gateway/frame.jpg':
      // A picture for the first try: image-to-video needs a URL of one.
      return { status: 200, headers: { 'content-type': 'image/jpeg' }, body: await readFile(exampleFrame) };
    case 'GET /_gateway/faults':
      return ok(faultRows.map(({ name, stage, description }) => ({ name, stage, description })));
    case 'GET /_gateway/ledger':
      return ok(showLedger(gateway.ledger, gateway.tasks, gateway.renderer.renders, Date.now()));
    case 'DELETE /_gateway/ledger':
      // Everything but the finished renders. Polls of the cleared tasks answer 404 from now on.
      gateway.ledger.clear();
      gateway.tasks.clear();
      gateway.faults.clear();
      return ok({ status: 'cleared' });
    case 'POST /_gateway/script': {
      const script = Script.safeParse(readJson(request));
      if (!script.success) throw invalid('script', z.prettifyError(script.error));
      const { match, faults } = script.data;
      gateway.faults.addScript({ match, faults: faults.map(parseFault) });
      return ok({ status: 'added' });
    }
    case 'DELETE /_gateway/script':
      gateway.faults.clearScripts();
      return ok({ status: 'cleared' });
    default:
      throw new Refusal('no-route', `There is no ${request.method} ${request.path}`);
  }
};

const ok = (body: unknown): PlainReply => ({ status: 200, body });
