import { LRUCache } from 'lru-cache';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { callerOf, type Handler } from '../admission.js';

/**
 * Answers a read with what the same caller was answered to the same request a moment ago, if nothing has changed since.
 * Whoever asks a thousand times a second then costs little more than the sending of the answers.
 */
export interface RecentAnswers {
  /** The first handler of all: notes answers as they go out. */
  readonly note: Handler;
  /** The first handler after admission. A request that is not a read makes it forget all answers, before and after. */
  readonly repeat: Handler;
  /** Something has changed that answers tell of. */
  forget(): void;
}

export interface RecentAnswersOptions {
  /** Age up to which an answer is repeated. What changes without a call of `forget` is seen so much later. */
  readonly keepMs: number;
  readonly nowMs: () => number;
}

interface Answer {
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  /** What the router found, for the metrics of requests. */
  readonly route: unknown;
  readonly atMs: number;
}

/** Keys and the audit log tell of reads too: a read changes their answers. */
const repeatedPaths = /^\/(v1\/runs|v1\/workers|metrics|docs-json)(?![\w-])/;
/** All that are kept, together. */
const answersBytesMax = 2 ** 24;
/** Longer answers are not kept. */
const bodyBytesMax = 2 ** 20;
/** They belong to one request. */
const ownHeaders = new Set(['x-request-id', 'date', 'connection', 'keep-alive', 'transfer-encoding']);

export function openRecentAnswers({ keepMs, nowMs }: RecentAnswersOptions): RecentAnswers {
  const answers = new LRUCache<string, Answer>({
    maxSize: answersBytesMax,
    sizeCalculation: ({ body }, question) => body.length + question.length,
  });
  /** What was asked, of the answers under way that may be kept. */
  const asked = new WeakMap<ServerResponse, { readonly question: string; readonly version: number }>();
  let version = 0;

  function forget(): void {
    version++;
    answers.clear();
  }

  return {
    forget,
    note(request, response, next) {
      onBody(
        response,
        () => asked.has(response) && isKept(response),
        (body) => {
          const { question, version: then } = asked.get(response)!;
          if (version !== then) return;
          answers.set(question, { headers: sharedHeaders(response), body, route: routeOf(request), atMs: nowMs() });
        },
      );
      next();
    },
    repeat(request, response, next) {
      if (!isRead(request)) {
        forget();
        response.once('close', forget);
        return next();
      }
      const question = questionOf(request);
      if (question === undefined) return next();
      const answer = answers.get(question);
      if (!answer || nowMs() - answer.atMs > keepMs) {
        asked.set(response, { question, version });
        return next();
      }
      Object.assign(request, { route: answer.route });
      for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value!);
      response.end(answer.body);
    },
  };
}

function isRead({ method = '' }: IncomingMessage): boolean {
  return /^(GET|HEAD|OPTIONS)$/.test(method);
}

/** All that an answer depends on beside the state; undefined if the answer is not to be kept. */
function questionOf(request: IncomingMessage): string | undefined {
  const { method, url = '', headers, rawHeaders } = request;
  if (method !== 'GET' || !repeatedPaths.test(url) || 'content-length' in headers || 'transfer-encoding' in headers)
    return undefined;
  const caller = callerOf(request);
  const given = rawHeaders.filter((_, at) => rawHeaders[at - (at % 2)]!.toLowerCase() !== 'x-request-id');
  return JSON.stringify([caller.standing, caller.standing === 'key' && caller.key.id, url, given]);
}

/** A document or list in full, not a stream, and nothing that is for one request alone. */
function isKept(response: ServerResponse): boolean {
  const type = String(response.getHeader('content-type'));
  return (
    response.statusCode === 200 && !response.hasHeader('set-cookie') && /^(application\/json|text\/plain)\b/.test(type)
  );
}

function sharedHeaders(response: ServerResponse): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(response.getHeaders()).filter(([name]) => !ownHeaders.has(name)));
}

function routeOf(request: IncomingMessage): unknown {
  return (request as { readonly route?: unknown }).route;
}

/** Calls `then` with the body as it went out, if `isWanted` says so when it begins and it is not too long. */
function onBody(response: ServerResponse, isWanted: () => boolean, then: (body: Buffer) => void): void {
  const { write, end } = response;
  let pieces: Buffer[] | undefined;
  let bytes = 0;

  function see([piece, encoding]: readonly unknown[]): void {
    if (bytes === 0) pieces = isWanted() ? [] : undefined;
    if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) return;
    const seen = typeof piece === 'string' ? Buffer.from(piece, encodingOf(encoding)) : Buffer.from(piece);
    bytes += seen.length;
    if (bytes > bodyBytesMax) pieces = undefined;
    pieces?.push(seen);
  }

  response.write = function (this: ServerResponse, ...given: unknown[]) {
    see(given);
    return Reflect.apply(write, this, given) as boolean;
  } as typeof write;
  response.end = function (this: ServerResponse, ...given: unknown[]) {
    see(given);
    if (pieces) then(Buffer.concat(pieces));
    return Reflect.apply(end, this, given) as ServerResponse;
  } as typeof end;
}

function encodingOf(encoding: unknown): BufferEncoding {
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
}
