import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { problemBody, problemType } from '#protocol/error-body.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

import type { Certificate } from '../http/certificate.js';

/** Answers in the place of a coordinator that does not lead, or reads its runs: it lives, but it is not ready. */
export interface StandbyServer {
  readonly port: number;
  readonly server: Server;
  close(): Promise<void>;
}

/** Rejects with what node:http rejects with if the port cannot be used. */
export async function serveStandby({
  host,
  port,
  certificate,
}: {
  readonly host: string;
  readonly port: number;
  readonly certificate: Certificate | undefined;
}): Promise<StandbyServer> {
  const answer: RequestListener = (request, response) => {
    const [status, body] = answerTo(request.url ?? '/');
    const type = 'code' in body ? problemType : 'application/json; charset=utf-8';
    response.writeHead(status, { 'content-type': type, 'retry-after': '1' });
    response.end(JSON.stringify(body));
    request.resume();
  };
  const server = certificate ? createTlsServer(certificate, answer) : createServer(answer);
  server.maxConnections = 1024;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    server,
    async close() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

const standsBy = new TandemError({
  code: ErrorCode.Conflict,
  message: 'Coordinator: expected one that leads and has read its runs, got one that does not, or not yet',
  help: 'Ask again in a moment, or ask the coordinator whose /health/ready answers 200.',
  retryable: true,
});

function answerTo(path: string): readonly [status: number, body: object] {
  if (path.startsWith('/health/live')) return [200, { live: true }];
  if (path.startsWith('/health/ready')) return [503, { ready: false }];
  return [503, problemBody(503, standsBy)];
}
