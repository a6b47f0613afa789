import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Exchange {
  readonly status: number;
  readonly type: string;
  /** Empty if the answer is a stream of events, which has no end. */
  readonly body: string;
}

const agent = new Agent({ keepAlive: true });
/** Many times longer than the slowest of these answers takes. */
const answerMs = 8000;

/** Sends a request with exactly these headers, even those that fetch would correct. */
export function exchange(options: RequestOptions, body?: string | Buffer): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, ...options, signal: AbortSignal.timeout(answerMs) },
      (answer) => void read(answer).then(resolve, reject),
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

/**
 * Sends any bytes, which need not be a request. Returns the status of the answer, or 0 if the connection ends without
 * one.
 */
export function exchangeBytes(port: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.setTimeout(answerMs, () => socket.destroy(new Error(`no answer within ${answerMs} ms`)));
    socket.on('data', (part) => {
      answer += part.toString('latin1');
      if (answer.length > 32) socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error),
    );
    socket.once('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)));
  });
}

async function read(answer: IncomingMessage): Promise<Exchange> {
  const { statusCode: status = 0, headers } = answer;
  const type = headers['content-type'] ?? '';
  if (!type.startsWith('text/event-stream')) return { status, type, body: await text(answer) };
  answer.destroy();
  return { status, type, body: '' };
}
