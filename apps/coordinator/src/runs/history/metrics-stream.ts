import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RunRegistry } from '../run-registry.js';
import { hasEnded } from '#protocol/run/run-status.js';
import { shownJson } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Server-sent events of a run: first those of the past, then each as it happens, until run or coordinator end. */
export interface MetricsStreams {
  /** Resolves when the stream has ended. Throws NOT_FOUND before anything is sent. */
  open(id: string, from: number, request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): void;
}

/** Keeps proxies from closing a stream while a long step runs. */
const keepAliveMs = 15_000;
const pageSteps = 1000;

export function openMetricsStreams(registry: RunRegistry): MetricsStreams {
  const streams = new Set<AbortController>();
  return {
    async open(id, from, request, response) {
      const status = registry.find(id);
      const seen = lastSeen(request.headers['last-event-id']);
      // The client has all there is. By the standard of EventSource, this answer has it come back no more.
      if (seen?.isEnd && hasEnded(status) && status.step <= seen.step) return void response.writeHead(204).end();
      const stream = new AbortController();
      streams.add(stream);
      response.once('close', () => stream.abort());
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
        'x-accel-buffering': 'no',
        connection: 'close',
      });
      response.flushHeaders();
      const events = eventsOf(registry, id, seen ? seen.step + 1 : from, stream.signal);
      // The pipeline waits for a slow client. It fails only if the client went away, and then nobody is left to tell.
      await pipeline(Readable.from(events), response).catch(() => undefined);
      streams.delete(stream);
    },
    close() {
      for (const stream of streams) stream.abort();
    },
  };
}

/** Follows the number of the last step in the id of the last event of a run that has ended. */
const endMark = '-end';

/** What a client that comes back has seen, by the id of its last event. Throws CONFIG_INVALID. */
function lastSeen(
  header: string | string[] | undefined,
): { readonly step: number; readonly isEnd: boolean } | undefined {
  if (header === undefined) return undefined;
  const [, step, end] = /^(\d{1,15})(-end)?$/.exec(String(header)) ?? [];
  if (step !== undefined) return { step: Number(step), isEnd: end !== undefined };
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Last-Event-ID: expected the id of an event of this stream, such as 12, got ${shownJson(header)}`,
    help: 'Leave it out to begin with the step `from`.',
  });
}

async function* eventsOf(registry: RunRegistry, id: string, from: number, signal: AbortSignal): AsyncGenerator<string> {
  let next = from;
  let statusDue = true;
  let wake = (): void => undefined;
  const unfollow = registry.follow(id, (_, change) => {
    if (change.kind !== 'step') statusDue = true;
    wake();
  });
  signal.addEventListener('abort', () => wake());
  try {
    while (!signal.aborted) {
      // Created before anything is read, so that a change during the sending is not missed.
      const woken = new Promise<'woken'>((resolve) => (wake = () => resolve('woken')));
      const status = registry.find(id);
      const sendStatus = statusDue;
      statusDue = false;
      next = yield* stepsFrom(registry, id, next);
      const ended = hasEnded(status);
      if (sendStatus || ended) yield event('status', status, ended ? `${next - 1}${endMark}` : undefined);
      if (ended) return;
      while ((await wokenOrQuiet(woken)) === 'quiet') yield ': still here\n\n';
    }
  } finally {
    unfollow();
  }
}

/** Yields the known steps from `from` on. Returns the number of the first step that is not known yet. */
async function* stepsFrom(registry: RunRegistry, id: string, from: number): AsyncGenerator<string, number> {
  const { metrics, next } = await registry.metrics(id, { from, limit: pageSteps });
  if (metrics.length === 0) return next;
  for (const one of metrics) yield event('step', one, String(one.step));
  return yield* stepsFrom(registry, id, next);
}

function wokenOrQuiet(woken: Promise<'woken'>): Promise<'woken' | 'quiet'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('quiet'), keepAliveMs);
    void woken.then(() => {
      clearTimeout(timer);
      resolve('woken');
    });
  });
}

function event(name: string, data: unknown, id?: string): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
