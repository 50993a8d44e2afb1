import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void;

/** A provider on the wire whose every answer the test chooses. */
export interface ProviderServer {
  readonly url: string;
  /** What came, in order. */
  readonly seen: SeenRequest[];
  /** How to answer from now on: POSTs, questions, downloads. */
  submit: Answer;
  check: Answer;
  download: Answer;
  close(): Promise<void>;
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

/** The envelope of seed 000. */
export const envelope = (data: Record<string, unknown>): Answer =>
  json(200, {
    data: {
      id: 'task1',
      model: 'veo3.1-fast',
      outputs: [],
      urls: {},
      error: null,
      has_nsfw_contents: [],
      ...data,
    },
    message: 'success',
    code: 200,
  });

/** A whole file with its length. */
export const file =
  (bytes: Uint8Array, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response
      .writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(bytes.byteLength), ...headers })
      .end(bytes);
  };

export const cutConnection: Answer = (response) => response.destroy();

export const startProvider = async (): Promise<ProviderServer> => {
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const arrived: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    seen.push(arrived);
    if (arrived.method === 'POST') provider.submit(response, arrived);
    else if (arrived.path.startsWith('/api/')) provider.check(response, arrived);
    else provider.download(response, arrived);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server's address is an AddressInfo; Node's types also allow pipes.
  const { port } = server.address() as AddressInfo;
  const provider: ProviderServer = {
    url: `http://127.0.0.1:${port}`,
    seen,
    submit: envelope({ status: 'created' }),
    check: envelope({ status: 'processing' }),
    download: json(404, {}),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return provider;
};
