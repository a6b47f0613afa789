import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a request. */
export type Fault =
  /** The server handles the request, but the connection ends after `afterBytes` bytes of the answer's body. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The server does its work, nothing of the answer arrives. */
  | { readonly kind: 'lost' }
  /** The server is asked later. */
  | { readonly kind: 'delayed'; readonly until: Promise<void> }
  /** The server is not asked; this is the answer. */
  | { readonly kind: 'refused'; readonly status: number; readonly body: string };

export interface FaultyProxy {
  readonly endpoint: string;
  /** How many faults have happened. */
  readonly faults: number;
  stop(): Promise<void>;
}

/** Starts an HTTP proxy in front of `target`. Requests pass unchanged, except where `fault` returns a fault. */
export async function startFaultyProxy(
  target: string,
  fault: (request: IncomingMessage) => Fault | undefined,
): Promise<FaultyProxy> {
  let faults = 0;
  const server = createServer((request, response) => {
    const one = fault(request);
    if (one) faults++;
    if (one?.kind === 'refused') {
      request
        .resume()
        .once('end', () => response.writeHead(one.status, { 'content-type': 'application/xml' }).end(one.body));
      return;
    }
    const pass = (): void => {
      const passed = forward(new URL(request.url ?? '/', target), { method: request.method, headers: request.headers });
      passed.once('response', (answer) => passBack(answer, response, one));
      // Either end may go at any moment: its process may be killed.
      passed.on('error', () => response.destroy());
      response.once('close', () => passed.destroy());
      request.pipe(passed);
    };
    if (one?.kind === 'delayed') void one.until.then(pass);
    else pass();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get faults() {
      return faults;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function passBack(answer: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void {
  if (fault?.kind === 'lost') {
    answer.resume().once('end', () => response.destroy());
    return;
  }
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  if (fault?.kind !== 'cut') {
    answer.pipe(response);
    return;
  }
  let left = fault.afterBytes;
  answer.once('end', () => {
    if (left > 0) response.destroy(); // It was shorter. Else it is cut when what is to arrive is written.
  });
  answer.on('data', (chunk: Buffer) => {
    response.write(chunk.subarray(0, left), () => {
      if (left <= 0) response.destroy();
    });
    left -= chunk.length;
  });
}
