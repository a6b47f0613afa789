import type { IncomingHttpHeaders } from 'node:http';
import { request, type Dispatcher } from 'undici';
import { bytesText } from '#protocol/input/shown.js';
import { guardedAgent, type AgentOptions } from './guarded-agent.js';
import { lasting, passing, requestFailure, statusFailure, tooLate } from './web-failure.js';

export interface WebOptions extends AgentOptions {
  readonly userAgent: string;
}

export interface GetOptions {
  readonly accept: string;
  /** A longer body is refused. */
  readonly bytesMax: number;
  readonly signal: AbortSignal;
  /** Called before each request, those of redirects too; throws where the URL must not be asked for. */
  readonly check?: (url: URL) => Promise<void>;
  /** Called before the body is read; throws where it is not wanted. */
  readonly checkHeaders?: (headers: IncomingHttpHeaders) => void;
}

export interface WebAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface WebClient {
  /**
   * Gets what is at a URL and follows its redirects. Throws a web failure (web-failure.ts), and the signal's reason
   * where that aborts.
   */
  get(url: string, options: GetOptions): Promise<WebAnswer>;
  close(): Promise<void>;
}

const redirectsMax = 5;

export function webClient({ userAgent, timeoutMs, ...options }: WebOptions): WebClient {
  const dispatcher = guardedAgent({ ...options, timeoutMs });

  async function attempt(start: string, get: GetOptions, signal: AbortSignal): Promise<WebAnswer> {
    let url = webUrl(start);
    for (let redirects = 0; redirects <= redirectsMax; redirects++) {
      await get.check?.(url);
      const headers = { 'user-agent': userAgent, accept: get.accept, 'accept-encoding': 'identity' };
      const answer = await request(url, { dispatcher, headers, signal });
      const target = redirectOf(answer);
      if (target === undefined) return await answered(answer, get);
      await answer.body.dump({ limit: dumpedBytes });
      if (!URL.canParse(target, url.href)) throw lasting('A redirect leads to no URL');
      url = webUrl(new URL(target, url.href).href);
    }
    throw lasting(`More than ${redirectsMax} redirects`);
  }

  return {
    async get(url, get) {
      // Not AbortSignal.any, which holds on to memory as long as the caller's signal lives.
      const limit = new AbortController();
      const onAbort = (): void => limit.abort(get.signal.reason);
      const timer = setTimeout(() => limit.abort(), timeoutMs);
      get.signal.addEventListener('abort', onAbort);
      try {
        get.signal.throwIfAborted();
        return await attempt(url, get, limit.signal);
      } catch (thrown) {
        if (get.signal.aborted) throw get.signal.reason;
        throw limit.signal.aborted ? passing(tooLate, { cause: thrown }) : requestFailure(thrown);
      } finally {
        clearTimeout(timer);
        get.signal.removeEventListener('abort', onAbort);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

/** What is read of a body that nobody wants, so that its connection can be used again. */
const dumpedBytes = 16 * 2 ** 10;

function webUrl(text: string): URL {
  if (!URL.canParse(text)) throw lasting('It is no URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw lasting('The URL is neither http: nor https:');
  if (url.username !== '' || url.password !== '') throw lasting('The URL has a password');
  url.hash = '';
  return url;
}

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData): string | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  const { location } = headers;
  return typeof location === 'string' ? location : undefined;
}

async function answered(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { bytesMax, checkHeaders }: GetOptions,
): Promise<WebAnswer> {
  if (statusCode !== 200) {
    await body.dump({ limit: dumpedBytes });
    const retryAfter = headers['retry-after'];
    throw statusFailure(statusCode, typeof retryAfter === 'string' ? retryAfter : undefined);
  }
  try {
    checkHeaders?.(headers);
    if (![undefined, 'identity'].includes(headers['content-encoding'] as string | undefined))
      throw lasting('The answer is compressed, which was not asked for');
    return { headers, body: await bodyOf(body, Number(headers['content-length'] ?? 0), bytesMax) };
  } catch (thrown) {
    body.on('error', () => undefined).destroy(); // The rest of it is not wanted.
    throw thrown;
  }
}

async function bodyOf(body: AsyncIterable<Buffer>, claimedBytes: number, bytesMax: number): Promise<Buffer> {
  const tooLarge = `It has more than the limit of ${bytesText(bytesMax)} (--bytes-max)`;
  if (claimedBytes > bytesMax) throw lasting(tooLarge);
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > bytesMax) throw lasting(tooLarge);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, bytes);
}
