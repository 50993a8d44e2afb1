import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { film } from '../world/film.ts';
import { announcePacked } from '../world/network.ts';
import type { ResponseFault } from './provider-fault.ts';

/** A name that resolves to an internal address. */
export const INSIDE_HOST = 'inside.example';

/** A request that gets a bad response. */
interface FaultyExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly fault: ResponseFault;
  readonly key: string;
  /** Lets the simulated gateway serve the request. */
  readonly serve: () => void;
}

export const applyResponseFault = (exchange: FaultyExchange): void =>
  responses[exchange.fault.what](exchange);

const answerJson = ({ request, response }: FaultyExchange, status: number, body: string): void => {
  request.resume();
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
};

const answerPacked = ({ response }: FaultyExchange, type: string, packed: Buffer): void => {
  const head = { 'content-type': type, 'content-encoding': 'gzip', 'content-length': packed.length };
  response.writeHead(200, head).end(packed);
};

const responses: Readonly<Record<ResponseFault['what'], (exchange: FaultyExchange) => void>> = {
  'quotes-key': (exchange) => {
    const { fault, key } = exchange;
    const message = `The key ${key} cannot be used for this (${key}).`;
    answerJson(
      exchange,
      fault.stage === 'submit' ? 400 : 500,
      JSON.stringify({ error: { message, code: key } }),
    );
  },
  'plain-500': ({ request, response }) => {
    request.resume();
    response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error');
  },
  'plain-500-after': ({ response, serve }) => {
    // The gateway accepts; its answer is replaced on the way.
    const { end } = response;
    response.writeHead = () => response;
    response.end = () => {
      response.end = end;
      Reflect.deleteProperty(response, 'writeHead');
      return response.writeHead(500, { 'content-type': 'text/plain' }).end('upstream error');
    };
    serve();
  },
  'timeout-408': ({ request, response }) => {
    request.resume();
    response.writeHead(408).end();
  },
  'refusal-503': (exchange) =>
    answerJson(
      exchange,
      503,
      '{"error":{"code":"model_not_found","message":"No channel for this model","type":"relay_error"}}',
    ),
  bomb: (exchange) => {
    const isFile = exchange.fault.stage === 'file';
    exchange.request.resume();
    if (isFile) announcePacked(exchange.response);
    answerPacked(exchange, isFile ? 'video/mp4' : 'application/json', smallBomb);
  },
  packed: (exchange) => {
    announcePacked(exchange.response);
    answerPacked(exchange, 'video/mp4', packedFilm);
  },
  'redirect-inside': ({ response }) => {
    response.writeHead(302, { location: `https://${INSIDE_HOST}/secrets.mp4` }).end();
  },
  'redirect-for-ever': ({ request, response }) => {
    response.writeHead(302, { location: request.url ?? '/' }).end();
  },
};

// Unpacks to four times the limit of a provider's answer.
const smallBomb = gzipSync(Buffer.alloc(4_000_000, 0x20));

const packedFilm = gzipSync(film.bytes);
