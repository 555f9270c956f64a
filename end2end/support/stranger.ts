// Another web site, for the tests of what it can do to ours.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Stranger {
  /** Where it is, under a loopback name of the caller's choice. */
  origin(host: string): string;
  close(): Promise<void>;
}

/** Serves `html` at `/` and nothing elsewhere. */
export async function startStranger(html: string): Promise<Stranger> {
  const server = createServer((request, response) => {
    if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    } else {
      response.writeHead(204).end();
    }
  });
  // Without an address it listens on both loopbacks, whichever one "localhost" means here.
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: (host) => `http://${host}:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
