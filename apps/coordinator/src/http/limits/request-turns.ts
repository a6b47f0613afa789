import type { ServerResponse } from 'node:http';

/** Gives the answers to requests no more of the event loop than their share. */
export interface RequestTurns {
  /**
   * Calls `answer` when it is the turn of this caller. Callers that wait take turns, one request of each, so that one
   * who asks a lot delays itself and not the others. A request whose caller has gone is left out.
   */
  take(caller: string, response: ServerResponse, answer: () => void): void;
  close(): void;
}

export interface RequestTurnsOptions {
  /** Share of the time that answers may take while `isTraining`; 0 to 1. */
  readonly share: number;
  readonly isTraining: () => boolean;
  readonly nowMs: () => number;
}

/** What is not seen of a request's cost: its connection, its headers, and the sending of its answer. */
const unseenMs = 0.12;
/** An answer that waits for something else, such as the store, counts for no more than this. */
const seenMaxMs = 20;
/** As much may be answered at once after a time without requests. */
const savedMaxMs = 50;

export function openRequestTurns({ share, isTraining, nowMs }: RequestTurnsOptions): RequestTurns {
  const waiting = new Map<string, (() => void)[]>();
  let savedMs = savedMaxMs;
  let atMs = nowMs();
  let next: (() => void) | undefined;

  function earn(): void {
    const now = nowMs();
    savedMs = isTraining() ? Math.min(savedMaxMs, savedMs + share * (now - atMs)) : savedMaxMs;
    atMs = now;
  }

  function begin(response: ServerResponse, answer: () => void): void {
    savedMs -= unseenMs;
    const startedMs = nowMs();
    onHeaders(response, () => (savedMs -= Math.min(seenMaxMs, nowMs() - startedMs)));
    answer();
  }

  /** One answer in each turn of the event loop: what it cost is then known before the next begins. */
  function answerNext(): void {
    next = undefined;
    earn();
    if (savedMs > 0) firstOf(waiting)?.();
    wake();
  }

  function wake(): void {
    if (next || waiting.size === 0) return;
    next = savedMs > 0 ? immediately(answerNext) : after(Math.ceil(-savedMs / share), answerNext);
  }

  return {
    take(caller, response, answer) {
      earn();
      if (waiting.size === 0 && savedMs > 0) return begin(response, answer);
      const queue = waiting.get(caller) ?? [];
      waiting.set(caller, queue);
      queue.push(() => {
        if (!response.destroyed) begin(response, answer);
      });
      wake();
    },
    close: () => next?.(),
  };
}

/** Returns a function that ends this. */
function immediately(call: () => void): () => void {
  const immediate = setImmediate(call);
  return () => clearImmediate(immediate);
}

function after(ms: number, call: () => void): () => void {
  const timeout = setTimeout(call, ms);
  return () => clearTimeout(timeout);
}

/** Takes the next request of the caller whose turn it is, who then waits behind the others. */
function firstOf(waiting: Map<string, (() => void)[]>): (() => void) | undefined {
  const [first] = waiting;
  if (!first) return undefined;
  const [caller, queue] = first;
  const request = queue.shift();
  waiting.delete(caller);
  if (queue.length > 0) waiting.set(caller, queue);
  return request;
}

/** Calls `then` once, when the headers of the answer are written: what was to be computed is then computed. */
function onHeaders(response: ServerResponse, then: () => void): void {
  const writeHead = response.writeHead;
  response.writeHead = function (this: ServerResponse, ...given: unknown[]) {
    response.writeHead = writeHead;
    then();
    return Reflect.apply(writeHead, this, given) as ServerResponse;
  };
}
