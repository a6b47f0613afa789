import type { IncomingMessage } from 'node:http';
import { Histogram, type Registry } from 'prom-client';
import type { Handler } from '../http/admission.js';

/**
 * Times the answers of the API, by method, route and status; refusals are those with 401 and 429. A stream of events
 * counts when it ends.
 */
export function httpMetrics(registry: Registry): Handler {
  const seconds = new Histogram({
    name: 'tandem_http_request_seconds',
    help: 'Time from the headers of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers: [registry],
  });
  return (request, response, next) => {
    const end = seconds.startTimer();
    response.once('close', () =>
      end({ method: methodOf(request), route: routeOf(request), status: String(response.statusCode) }),
    );
    next();
  };
}

/** Labels come from a fixed set: callers may send any path and any method. */
function routeOf(request: IncomingMessage): string {
  const { route } = request as { readonly route?: { readonly path?: unknown } };
  return typeof route?.path === 'string' ? route.path : 'other';
}

const methods = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']);

function methodOf({ method = '' }: IncomingMessage): string {
  return methods.has(method) ? method : 'other';
}
