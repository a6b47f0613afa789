import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { WorkerMetrics } from './worker-metrics.js';

export interface MetricsServer {
  readonly port: number;
  close(): void;
}

export interface MetricsServerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: WorkerMetrics;
  /** Why the worker takes no tasks, or null if it does. */
  readonly trouble: () => string | null;
}

/**
 * Serves `/metrics`, `/health/live` and `/health/ready`, to read only: a worker takes its orders from the queue. Throws
 * CONFIG_INVALID if it cannot listen there.
 */
export async function serveMetrics({ host, port, metrics, trouble }: MetricsServerOptions): Promise<MetricsServer> {
  const json = (response: ServerResponse, status: number, body: object): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    switch (path) {
      case '/metrics': {
        const text = await metrics.text();
        return void response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
      }
      case '/health/live':
        return json(response, 200, { live: true });
      case '/health/ready': {
        const reason = trouble();
        return json(response, reason === null ? 200 : 503, { ready: reason === null, reason: reason ?? '' });
      }
      default:
        return json(response, 404, { message: 'There is /metrics, /health/live and /health/ready.' });
    }
  };
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('x-content-type-options', 'nosniff');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    answer(request.url?.split('?', 1)[0] ?? '/', response).catch(() => response.destroy());
  });
  server.maxConnections = 64;
  server.headersTimeout = 20_000;
  server.requestTimeout = 60_000;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message:
        `Worker: expected to listen on ${host}:${port} (TANDEM_METRICS_HOST, TANDEM_METRICS_PORT), got ` +
        (cause as Error).message,
      help: 'Choose a free port above 1023; each worker of a machine needs one of its own, 0 finds it.',
      cause,
    });
  }
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
