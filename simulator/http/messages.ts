import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { drip } from './drip.ts';
import { invalid, Refusal } from './refusal.ts';

/** A request as the dialects see it: the whole body, no socket. */
export interface GatewayRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A complete answer. Text and bytes are sent as they are, anything else as JSON. */
export interface PlainReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** No answer: the connection is cut, or stays open and silent. */
export interface LostReply {
  readonly lost: 'reset' | 'hang';
}

/** A complete answer, sent in small pieces. */
export interface DrippedReply {
  readonly dripped: PlainReply;
  readonly seconds: number;
}

/** The video under this name of /files/, its faults included. */
export interface FileReply {
  readonly file: string;
}

export type Reply = PlainReply | LostReply | DrippedReply;

// PROVIDERS.md: a request body holds about 20 MB in the base64 dialects; the others stay far below.
const bodyLimitBytes = 20 * 1024 * 1024;

export const readRequest = async (request: IncomingMessage): Promise<GatewayRequest> => {
  const url = new URL(request.url ?? '/', 'http://gateway');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    // Read on without keeping the bytes: a cut connection would hide the 413 from the client.
    if (size <= bodyLimitBytes) chunks.push(chunk);
  }
  if (size > bodyLimitBytes) throw new Refusal('too-large', 'body: larger than 20 MB');
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
};

/** Parses a JSON body, or refuses with what is wrong. */
export const readJson = (request: GatewayRequest): unknown => {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new Refusal('invalid', 'Content-Type: must be application/json');
  }
  try {
    return JSON.parse(request.body.toString('utf8'));
  } catch (cause) {
    throw new Refusal('invalid', 'body: is not JSON', { cause });
  }
};

/** Checks a body, or a part of it, against a schema. Refuses with the field's name. */
export const readAs = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  ...part: string[]
): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [...part, ...(issue?.path ?? [])];
  if (issue?.code === 'unrecognized_keys') {
    throw invalid([...path, issue.keys[0]].join('.'), "isn't supported, please remove it");
  }
  throw invalid(path.join('.') || 'body', issue?.message ?? 'is not valid');
};

export const send = async (response: ServerResponse, reply: Reply, closing: AbortSignal): Promise<void> => {
  if ('lost' in reply) {
    // A hang holds the socket until the client gives up or the gateway closes.
    if (reply.lost === 'reset') response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers, body: content } = 'dripped' in reply ? reply.dripped : reply;
  const { type, body } = encode(content);
  response.writeHead(status, { 'content-type': type, 'content-length': body.length, ...headers });
  if (response.req.method === 'HEAD') response.end();
  else if ('dripped' in reply) await drip(response, body, reply.seconds, closing);
  else response.end(body);
};

const encode = (body: unknown): { type: string; body: Buffer } => {
  if (Buffer.isBuffer(body)) return { type: 'application/octet-stream', body };
  if (typeof body === 'string') return { type: 'text/plain; charset=utf-8', body: Buffer.from(body) };
  return { type: 'application/json', body: Buffer.from(JSON.stringify(body)) };
};
