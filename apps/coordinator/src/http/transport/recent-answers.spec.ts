// Goal: what is asked again and again is computed once, and nobody is told what another may see or what has changed.
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { setCaller, type Handler } from '../admission.js';
import { openRecentAnswers, type RecentAnswers } from './recent-answers.js';

const keepMs = 50;
let nowMs: number;
let computed: number;
let recent: RecentAnswers;
let server: Server;
/** What the controller does; by default it answers with a count in JSON. */
let controller: Handler;

beforeEach(async () => {
  [nowMs, computed] = [0, 0];
  recent = openRecentAnswers({ keepMs, nowMs: () => nowMs });
  controller = (_request, response) => {
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.setHeader('etag', `"${++computed}"`);
    response.write('{"computed":');
    response.end(`${computed}}`);
  };
  server = createServer((request, response) => {
    const name = String(request.headers['x-api-key']);
    recent.note(request, response, () => {
      response.setHeader('x-request-id', String(request.headers['x-request-id'] ?? ''));
      setCaller(request, { standing: 'key', key: { id: name, name, scope: 'read' } });
      recent.repeat(request, response, () => controller(request, response, () => undefined));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => new Promise((resolve) => void server.close(resolve)));

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(path = '/v1/runs', headers: Record<string, string> = {}, method = 'GET'): Promise<Answered> {
  const { port } = server.address() as AddressInfo;
  const to = {
    port,
    host: '127.0.0.1',
    path,
    method,
    agent: false as const,
    headers: { 'x-api-key': 'a', ...headers },
  };
  return new Promise((resolve, reject) => {
    httpRequest(to, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode, headers: answer.headers, body }), reject);
    })
      .once('error', reject)
      .end();
  });
}

it('answers the same request with the same bytes and headers until the answer is too old', async () => {
  const first = await ask('/v1/runs', { 'x-request-id': 'the first' });
  nowMs = keepMs;
  const again = await ask('/v1/runs', { 'x-request-id': 'the second' });
  expect([again.status, again.body, again.headers.etag]).toEqual([200, first.body, '"1"']);
  expect(again.headers['content-type']).toBe(first.headers['content-type']);
  expect(again.headers['x-request-id']).toBe('the second');
  nowMs = keepMs + 1;
  expect((await ask()).body).toBe('{"computed":2}');
});

it.each<[string, () => Promise<unknown>]>([
  ['a change', () => Promise.resolve(recent.forget())],
  ['a request that changes something', () => ask('/other', {}, 'POST')],
])('computes again after %s', async (_name, change) => {
  await ask();
  await change();
  const before = computed;
  await ask();
  expect(computed).toBe(before + 1);
});

it('keeps nothing that was computed before a change and sent after it', async () => {
  const answer = controller;
  controller = (...given) => {
    recent.forget();
    void answer(...given);
  };
  await ask();
  controller = answer;
  expect((await ask()).body).toBe('{"computed":2}');
});

it.each<[string, string, Record<string, string>]>([
  ['another key', '/v1/runs', { 'x-api-key': 'b' }],
  ['another address', '/v1/runs?limit=1', {}],
  ['other headers', '/v1/runs', { accept: 'text/html' }],
])('computes for %s', async (_name, path, headers) => {
  await ask();
  expect((await ask(path, headers)).body).toBe('{"computed":2}');
});

it.each(['/v1/keys', '/v1/audit', '/session', '/v1/runs-of-others'])('computes %s each time', async (path) => {
  await ask(path);
  expect((await ask(path)).body).toBe('{"computed":2}');
});

it.each<[string, Handler]>([
  ['an error', (_request, response) => void response.writeHead(404).end('{}')],
  [
    'a cookie',
    (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('set-cookie', 'session=1');
      response.end('{}');
    },
  ],
  ['a stream', (_request, response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('{}')],
  [
    'a long answer',
    (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.write(`"${'x'.repeat(2 ** 20)}`);
      response.end('"');
    },
  ],
])('computes again what was %s', async (_name, answer) => {
  let asked = 0;
  controller = (...given) => {
    asked++;
    void answer(...given);
  };
  await ask();
  await ask();
  expect(asked).toBe(2);
});
