import type { RunStatus, StepMetrics } from '#protocol/run/run-status.js';
import { getRun } from './calls.js';
import { addressOf, ApiError } from './http.js';
import { hasEnded } from './run-state.js';

/** Whether a stream brings what happens: `live`, it tries to connect, or there is nothing more to come. */
export type Connection = 'connecting' | 'live' | 'lost' | 'ended';

export interface StreamListener {
  onStep(metrics: StepMetrics): void;
  onStatus(status: RunStatus): void;
  onConnection(connection: Connection): void;
}

const [retryMsMin, retryMsMax] = [1000, 10_000];

/**
 * Follows a run from a step on, until it ends. After a lost connection it asks for the step after the last one it got,
 * so none is missed and none comes twice. Returns a function that closes it.
 */
export function followRun(id: string, from: number, listener: StreamListener): () => void {
  let next = from;
  let retryMs = retryMsMin;
  let closed = false;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const close = (): void => {
    closed = true;
    source?.close();
    clearTimeout(timer);
  };
  const end = (): void => {
    close();
    listener.onConnection('ended');
  };
  const open = (): void => {
    source = new EventSource(addressOf('/v1/runs/{id}/metrics', { path: { id }, query: { follow: '1', from: next } }));
    source.addEventListener('open', () => {
      retryMs = retryMsMin;
      listener.onConnection('live');
    });
    source.addEventListener('step', ({ data }: MessageEvent<string>) => {
      const metrics = JSON.parse(data) as StepMetrics;
      if (metrics.step < next) return;
      next = metrics.step + 1;
      listener.onStep(metrics);
    });
    source.addEventListener('status', ({ data }: MessageEvent<string>) => {
      const status = JSON.parse(data) as RunStatus;
      listener.onStatus(status);
      if (hasEnded(status)) end();
    });
    source.addEventListener('error', () => {
      source?.close();
      if (closed) return;
      listener.onConnection('lost');
      again();
    });
  };
  /** An EventSource does not say why it failed: it is opened again once the run can be read. */
  const again = (): void => {
    timer = setTimeout(() => {
      getRun(id).then(
        (status) => {
          if (closed) return;
          listener.onStatus(status);
          open();
        },
        (error: unknown) => {
          if (closed) return;
          if (error instanceof ApiError && (error.status === 401 || error.status === 404)) return end();
          again();
        },
      );
    }, retryMs);
    retryMs = Math.min(retryMsMax, 2 * retryMs);
  };
  listener.onConnection('connecting');
  open();
  return close;
}
