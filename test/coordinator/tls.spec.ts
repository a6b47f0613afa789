// Goal: the API speaks TLS with a certificate of the operator, and takes a new one without a restart.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificate, type TestCertificate } from '../support/servers/certificate.js';
import { startCommand } from '../support/command.js';
import {
  apiKey,
  openHome,
  startTestCoordinator,
  type CoordinatorHome,
  type TestCoordinator,
} from '../support/coordinator.js';

let home: CoordinatorHome;
let coordinator: TestCoordinator;
let used: TestCertificate;
beforeAll(async () => {
  home = await openHome();
  used = makeCertificate(home.directory, 'first');
  coordinator = await startTestCoordinator({
    ...home.settings,
    TANDEM_TLS_CERT: used.cert,
    TANDEM_TLS_KEY: used.key,
  });
});
afterAll(async () => {
  await coordinator?.close();
  await home?.close();
});

interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly issuer: string;
}

async function ask(path: string, headers: Record<string, string> = {}, body?: string): Promise<Got> {
  const ca = await readFile(used.cert);
  return new Promise((resolve, reject) => {
    const options = { ca, servername: 'localhost', headers, agent: false, method: body === undefined ? 'GET' : 'POST' };
    request(`${coordinator.url}${path}`, options, (response) => {
      response.resume();
      const issuer = String((response.socket as TLSSocket).getPeerCertificate().subject.CN);
      resolve({ status: response.statusCode, headers: response.headers, issuer });
    })
      .on('error', reject)
      .end(body);
  });
}

it('answers over TLS only, and the cookie of a session is sent over TLS only', async () => {
  expect(coordinator.url).toMatch(/^https:\/\/127\.0\.0\.1:/);
  expect((await ask('/v1/runs', { 'x-api-key': apiKey })).status).toBe(200);
  await expect(fetch(coordinator.url.replace('https', 'http'))).rejects.toThrow();
  const body = JSON.stringify({ key: apiKey });
  const type = { 'content-type': 'application/json', 'content-length': String(body.length) };
  const login = await ask('/session', type, body);
  expect([login.status, login.headers['set-cookie']?.[0]]).toEqual([204, expect.stringMatching(/; Secure$/)]);
  expect((await ask('/health/live')).headers['strict-transport-security']).toBeUndefined();
  const elsewhere = await ask('/health/live', { host: 'tandem.example' });
  expect(elsewhere.headers['strict-transport-security']).toMatch(/max-age/);
});

it('commands call it, given who signs its certificate', async () => {
  const settings = { TANDEM_URL: coordinator.url, TANDEM_API_KEY: apiKey };
  const trusting = await startCommand(['status'], { ...settings, NODE_EXTRA_CA_CERTS: used.cert });
  expect([await trusting.exit, trusting.output()]).toEqual([0, expect.stringContaining('run')]);
  const doubting = await startCommand(['status'], settings);
  expect([await doubting.exit, doubting.output()]).toEqual([1, expect.stringMatching(/self-signed certificate/)]);
  await Promise.all([trusting.close(), doubting.close()]);
});

it('a certificate that changes is used; one that does not fit its key is not', async () => {
  expect((await ask('/health/live')).issuer).toBe('first');
  const before = await readFile(used.cert);
  await writeFile(used.cert, 'half of a certif');
  await new Promise((resolve) => setTimeout(resolve, 6000));
  await writeFile(used.cert, before);
  expect((await ask('/health/live')).issuer).toBe('first');

  const next = makeCertificate(home.directory, 'second');
  await copyFile(next.key, used.key);
  await copyFile(next.cert, used.cert);
  const issuer = (): Promise<string> => ask('/health/live').then(({ issuer: found }) => found, String);
  await expect.poll(issuer, { timeout: 20_000, interval: 200 }).toBe('second');
});

it.each([
  [{ TANDEM_TLS_CERT: 'x.pem' }, /TANDEM_TLS_CERT and TANDEM_TLS_KEY, got only the certificate/],
  [{ TANDEM_TLS_CERT: 'missing.pem', TANDEM_TLS_KEY: 'missing-key.pem' }, /expected a certificate in .*missing.pem/],
])('a start with %j is refused', async (settings, message) => {
  const start = (): Promise<TestCoordinator> =>
    startTestCoordinator({ ...home.settings, TANDEM_STORE: `file:${join(home.directory, 'none')}`, ...settings });
  await expect((async () => start())()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(message),
  });
});
