import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { answerOf, type Refusal } from './refusal.ts';
import type { Rule } from './rule.ts';
import { rules } from './rules.ts';
import { newMemory, readRequest, type WireMemory, type WireRequest } from './wire-request.ts';

export interface StrictWire {
  readonly url: string;
  /** What was refused, in the order in which it came. */
  readonly refusals: readonly Refusal[];
  /** How many requests of each service went through: `s3 PutObject` → 3. */
  readonly passed: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

interface StrictWireOptions {
  /** The address of the cloud behind. */
  readonly target: string;
  /** Access keys that callers of this cloud have; those that STS gives away are learned. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Ids of rules that do not hold here. */
  readonly except?: readonly string[];
  readonly onRefusal?: (refusal: Refusal) => void;
}

/**
 * A proxy before the local cloud that refuses what AWS refuses and the local cloud takes: see `rules.ts`. Everything else goes
 * through unchanged, byte for byte, and nothing gets a made-up answer.
 */
export const startStrictWire = async ({
  target,
  secrets,
  except = [],
  onRefusal,
}: StrictWireOptions): Promise<StrictWire> => {
  const memory = newMemory(secrets ?? { test: 'test' });
  const refusals: Refusal[] = [];
  const passed = new Map<string, number>();
  const agent = new Agent({ keepAlive: true });
  const refuse = (refusal: Refusal, request: WireRequest, response: ServerResponse): void => {
    refusals.push(refusal);
    onRefusal?.(refusal);
    const { status, headers, body } = answerOf(refusal, request);
    response.writeHead(status, headers).end(body);
  };
  const pass = async (
    message: IncomingMessage,
    request: WireRequest,
    response: ServerResponse,
  ): Promise<void> => {
    const name = `${request.service} ${request.operation}`;
    passed.set(name, (passed.get(name) ?? 0) + 1);
    await handOn(await forward(target, agent, message, request.body), response, request);
  };
  const server = createServer(async (message, response) => {
    try {
      const request = readRequest(message, await buffer(message), memory);
      const refusal = findRefusal(request, except);
      if (refusal) refuse(refusal, request, response);
      else await pass(message, request, response);
    } catch {
      // Either side hung up; so do we.
      response.destroy();
    }
  });
  // A connection that its client keeps is not closed at the moment when the client uses it again.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    refusals,
    passed,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        agent.destroy();
        server.close(() => resolve());
      }),
  };
};

const findRefusal = (request: WireRequest, except: readonly string[]): Refusal | undefined => {
  for (const rule of rules) {
    if (except.includes(rule.id)) continue;
    if (rule.service !== request.service && !(rule.service === 'any' && request.signature)) continue;
    const message = checked(rule, request);
    if (message !== undefined) return { rule, message, operation: request.operation };
  }
  return undefined;
};

/** A request that a rule cannot read is no request of a service. */
const checked = (rule: Rule, request: WireRequest): string | undefined => {
  try {
    return rule.check(request);
  } catch (error) {
    return `${rule.id} cannot read the request: ${error}`;
  }
};

const forward = (
  target: string,
  agent: Agent,
  { method, url, rawHeaders }: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(target);
    const attempt = () => {
      const outgoing = send({ hostname, port, agent, method, path: url, headers: forwarded(rawHeaders) });
      outgoing.once('response', resolve);
      outgoing.once('error', (error: NodeJS.ErrnoException) => {
        // The cloud closed an idle connection just as we took it; it has not read anything.
        if (outgoing.reusedSocket && error.code === 'ECONNRESET') attempt();
        else reject(error);
      });
      outgoing.end(body);
    };
    attempt();
  });

/** As they came, so that signatures hold. The connection's own and `Expect`, which was answered here, stay behind. */
const forwarded = (raw: readonly string[]): string[] => {
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!/^(connection|keep-alive|expect)$/i.test(name)) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
};

const handOn = async (
  answer: IncomingMessage,
  response: ServerResponse,
  request: WireRequest,
): Promise<void> => {
  response.writeHead(answer.statusCode ?? 502, forwarded(answer.rawHeaders));
  if (request.operation === 'AssumeRole') {
    const body = await buffer(answer);
    learnSecret(body.toString(), request.memory);
    return void response.end(body);
  }
  answer.once('error', () => response.destroy());
  response.once('close', () => answer.destroy());
  answer.pipe(response);
};

const learnSecret = (xml: string, { secrets }: WireMemory): void => {
  const part = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  const id = part('AccessKeyId');
  const secret = part('SecretAccessKey');
  if (id && secret) secrets.set(id, secret);
};
