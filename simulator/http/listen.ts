import type { Server } from 'node:http';

/** Another program uses the port. The message says what to do. */
export class PortInUse extends Error {
  override readonly name = 'PortInUse';
}

/** Listens and answers the base URL; port 0 finds a free port. */
export const listen = (server: Server, host: string, port: number): Promise<string> => {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      const advice = 'Stop the program that uses it, or choose another with --port (0 finds a free one).';
      return reject(new PortInUse(`Port ${port} on ${host} is in use. ${advice}`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address ? address.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${taken}`);
    });
  });
};
