// How the client fails: where nothing listens, where something else answers, and where the coordinator refuses. The
// tests in test/processes show what it does with a real coordinator.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connectApi } from './api-client.js';
import { freePort } from './free-port.js';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

it('names the address and the cure where nobody listens', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  await expect(connectApi({ url }).runs()).rejects.toMatchObject({
    code: 'TRANSPORT_FAILED',
    message: expect.stringMatching(`${url}.*ECONNREFUSED`),
    help: expect.stringContaining('tandem coordinator'),
  });
});

it('says so where something else answers', async () => {
  const url = await serve(404, '<h1>Not found</h1>');
  await expect(connectApi({ url }).runs()).rejects.toMatchObject({
    code: 'PROTOCOL_MISMATCH',
    message: expect.stringContaining('answered 404'),
  });
});

it('says so where an answer has the form of another version', async () => {
  const url = await serve(200, JSON.stringify({ runs: [{ id: 7 }] }));
  await expect(connectApi({ url }).runs()).rejects.toMatchObject({
    code: 'PROTOCOL_MISMATCH',
    help: expect.stringContaining('same version'),
  });
});

it('passes the coordinator’s own refusal on, and says where a key comes from', async () => {
  const refusal = {
    code: 'UNAUTHORISED',
    message: 'API key: got none',
    help: 'server side',
    retryable: false,
    context: {},
  };
  const url = await serve(401, JSON.stringify(refusal));
  await expect(connectApi({ url }).cancel('r')).rejects.toMatchObject({
    code: 'UNAUTHORISED',
    message: 'API key: got none',
    help: expect.stringContaining('--api-key'),
  });
});

async function serve(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body),
  ).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
