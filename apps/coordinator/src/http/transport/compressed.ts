import compression from 'compression';
import type { Handler } from '../admission.js';

/**
 * Compresses pages, lists and documents for who accepts it. A stream of events is sent as it comes: a piece that waits
 * for others to be compressed with would be late.
 */
export function compressed(): Handler {
  return compression({
    filter: (request, response) =>
      !String(response.getHeader('content-type')).startsWith('text/event-stream') &&
      compression.filter(request, response),
  }) as unknown as Handler;
}
