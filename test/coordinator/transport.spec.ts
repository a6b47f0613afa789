// Goal: what the API sends is compressed, streams are not; pages of other origins read it only where a setting says so,
// and without a session; a request that trickles ends.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LimitedExpress } from '../../apps/coordinator/src/http/transport/http-server.js';
import { apiKey, runDocument, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';

const friend = 'https://friend.example';
let coordinator: OwnCoordinator;
let id: string;
beforeAll(async () => {
  coordinator = await startOwnCoordinator({ TANDEM_CORS_ORIGINS: friend });
  ({ id } = (await (await coordinator.post('/v1/runs', runDocument())).json()) as { id: string });
  for (const name of ['second', 'third']) await coordinator.post('/v1/runs', runDocument({ name }));
  (await coordinator.trainer.next()).prepare();
});
afterAll(() => coordinator?.close());

interface Head {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** What an answer begins with; fetch() would hide its encoding. */
function headOf(path: string, headers: Record<string, string>, method = 'GET'): Promise<Head> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(coordinator.url);
    request({ port, path, method, headers: { 'x-api-key': apiKey, ...headers } }, (answer) => {
      resolve({ status: answer.statusCode, headers: answer.headers });
      answer.destroy();
    })
      .on('error', reject)
      .end();
  });
}

test.each(['/docs-json', '/', '/v1/runs'])('%s is compressed for who accepts it, and the same', async (path) => {
  for (const encoding of ['gzip', 'br']) {
    const { status, headers } = await headOf(path, { 'accept-encoding': encoding });
    expect([path, status, headers['content-encoding']]).toEqual([path, 200, encoding]);
  }
  expect((await headOf(path, { 'accept-encoding': 'identity' })).headers['content-encoding']).toBeUndefined();
  const [plain, packed] = await Promise.all(
    ['identity', 'gzip'].map(async (encoding) =>
      (await coordinator.get(path, { 'x-api-key': apiKey, 'accept-encoding': encoding })).text(),
    ),
  );
  expect(packed).toBe(plain);
});

test('a stream of events is sent as it comes', async () => {
  const { headers } = await headOf(`/v1/runs/${id}/metrics?follow=1`, { 'accept-encoding': 'gzip, br' });
  expect(headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  expect(headers['content-encoding']).toBeUndefined();
});

test('pages of the origins of TANDEM_CORS_ORIGINS may read, with a key; a browser sends them no session', async () => {
  const asks = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' };
  const preflight = await headOf('/v1/runs', { 'x-api-key': '', origin: friend, ...asks }, 'OPTIONS');
  expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': friend } });
  expect(preflight.headers['access-control-allow-headers']).toContain('x-api-key');
  const read = await headOf('/v1/runs', { origin: friend });
  expect(read.headers).toMatchObject({ 'access-control-allow-origin': friend });
  for (const { headers } of [preflight, read]) expect(headers['access-control-allow-credentials']).toBeUndefined();
  const stranger = await headOf('/v1/runs', { origin: 'https://stranger.example' });
  expect(stranger.headers['access-control-allow-origin']).toBeUndefined();
});

test('without the setting no page of another origin may read', async () => {
  const own = await startOwnCoordinator();
  try {
    const answer = await own.get('/v1/runs', { 'x-api-key': apiKey, origin: friend });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await fetch(`${own.url}/v1/runs`, { method: 'OPTIONS', headers: { origin: friend } });
    expect(preflight.status).toBe(401);
  } finally {
    await own.close();
  }
});

test('a request whose body trickles ends at the limit, however often something comes', async () => {
  const limits = { headersTimeout: 400, requestTimeout: 500, connectionsCheckingInterval: 50 };
  const adapter = new LimitedExpress(undefined, limits);
  adapter.use(() => undefined); // It waits for the body, as the body parser does.
  adapter.initHttpServer();
  const server = adapter.getHttpServer() as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const heard: Buffer[] = [];
  socket.on('data', (data: Buffer) => heard.push(data));
  socket.on('error', () => undefined); // What trickles on may meet a closed connection.
  socket.write('POST /v1/runs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n');
  const trickle = setInterval(() => socket.write('x'), 20);
  try {
    await once(socket, 'close');
    expect(Buffer.concat(heard).toString()).toMatch(/^HTTP\/1.1 408/);
  } finally {
    clearInterval(trickle);
    server.close();
  }
});
