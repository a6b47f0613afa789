import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';

/** Answers a request for a path; `before` says how often it was asked for. */
type Route = (request: IncomingMessage, response: ServerResponse, before: number) => void | Promise<void>;

/** An HTTP server of pictures, and of what servers do wrong. */
export interface PictureServer {
  /** `http://127.0.0.1:1234`. */
  readonly url: string;
  readonly port: number;
  /** How often each path was asked for. */
  readonly asked: ReadonlyMap<string, number>;
  /** Requests that were under way at once, at most. */
  readonly mostAtOnce: number;
  close(): Promise<void>;
}

/** Routes by the first part of a path; `/ok/7.jpg` has a picture of its own for each number. */
export async function startPictureServer(
  routes: Readonly<Record<string, Route>> = {},
  { host = '127.0.0.1', pace = { answerMs: 0 } }: { host?: string; pace?: { answerMs: number } } = {},
): Promise<PictureServer> {
  const asked = new Map<string, number>();
  let [atOnce, mostAtOnce] = [0, 0];
  const all: Readonly<Record<string, Route>> = { ...faults, ...routes };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const before = asked.get(path) ?? 0;
    asked.set(path, before + 1);
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    response.on('close', () => atOnce--);
    const route = all[path.split('/')[1] ?? ''];
    setTimeout(() => {
      if (route) void route(request, response, before);
      else response.writeHead(404).end();
    }, pace.answerMs);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    asked,
    get mostAtOnce() {
      return mostAtOnce;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const drawn = new Map<number, Promise<Buffer>>();

/** A JPEG of 64 × 48 smooth pixels that looks unlike those of other numbers. */
export function numberedPicture(number: number): Promise<Buffer> {
  const before = drawn.get(number);
  if (before) return before;
  let state = (number + 1) * 2_654_435_761;
  const noise = Uint8Array.from({ length: 5 * 4 * 3 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
  const picture = sharp(noise, { raw: { width: 5, height: 4, channels: 3 } })
    .resize(64, 48, { kernel: 'cubic', fit: 'fill' })
    .jpeg({ quality: 90 })
    .toBuffer();
  drawn.set(number, picture);
  return picture;
}

/** Sends a picture with these headers. */
export async function sendPicture(
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string | string[]>> = {},
): Promise<void> {
  const number = Number(/(\d+)\.\w+$/.exec(request.url ?? '')?.[1] ?? 0);
  const body = await numberedPicture(number);
  response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': body.byteLength, ...headers }).end(body);
}

const faults: Readonly<Record<string, Route>> = {
  ok: (request, response) => sendPicture(request, response),
  untyped: async (_, response) => void response.writeHead(200).end(await numberedPicture(90)),
  flaky: (request, response, before) =>
    before === 0 ? void response.writeHead(500).end() : sendPicture(request, response),
  busy: (_, response) => void response.writeHead(503, { 'retry-after': '0' }).end('busy'),
  hang: () => undefined,
  drip: (_, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg' });
    const timer = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(timer));
  },
  cut: async (_, response) => {
    const body = await numberedPicture(91);
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': body.byteLength });
    response.write(body.subarray(0, body.byteLength / 2));
    setTimeout(() => response.destroy(), 20);
  },
  page: (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>No picture</html>'),
  lie: (_, response) => void response.writeHead(200, { 'content-type': 'image/jpeg' }).end('<html>No picture</html>'),
  empty: (_, response) => void response.writeHead(200, { 'content-type': 'image/jpeg' }).end(),
  huge: (_, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg' });
    const piece = Buffer.alloc(64 * 2 ** 10);
    const more = (): void => void (response.destroyed || response.write(piece, () => more()));
    more();
  },
  claim: (_, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': 2 ** 30 });
    response.write('.');
  },
  noai: (request, response) => sendPicture(request, response, { 'x-robots-tag': ['nofollow', 'noai'] }),
  others: (request, response) => sendPicture(request, response, { 'x-robots-tag': 'otherbot: noai, noindex' }),
  moved: (request, response) =>
    void response.writeHead(302, { location: request.url!.replace('/moved/', '/ok/') }).end(),
  round: (request, response) => void response.writeHead(302, { location: request.url! }).end(),
};
