// Goal: a pool works with a Redis that requires TLS and a password, and no error or log shows the password.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectApi } from '#cluster/api-client.js';
import { connectRedis } from '#protocol/redis/connect-redis.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyRun } from '../support/models/tiny-run.js';
import { temporaryDirectory } from '../support/coordinator.js';
import { addressOf, startApp, type AppProcess } from '../support/processes/app-process.js';
import { freePort, startRedis, type PrivateRedis } from '../support/servers/redis.js';

let redis: PrivateRedis;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let tlsPort: number;
const certificate = (): string => join(directory.path, 'certificate.pem');

beforeAll(async () => {
  directory = await temporaryDirectory();
  const key = join(directory.path, 'key.pem');
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      certificate(),
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    ],
    { stdio: 'ignore' },
  );
  tlsPort = await freePort();
  const tls = [
    '--tls-port',
    String(tlsPort),
    '--tls-cert-file',
    certificate(),
    '--tls-key-file',
    key,
    '--tls-ca-cert-file',
    certificate(),
    '--tls-auth-clients',
    'no',
  ];
  redis = await startRedis(undefined, [
    ...tls,
    '--user',
    'tandem',
    'on',
    '>hush-of-tandem',
    '~*',
    '&*',
    '+@all',
    '--user',
    'default',
    'off',
    // The user of docs/security.md.
    '--user',
    ...documentedUser('hush-of-the-pool'),
  ]);
});
afterAll(async () => {
  await Promise.all([redis?.stop(), directory?.remove()]);
});

/** The rules of the `ACL SETUSER` line in docs/security.md, for a user named pool with this password. */
function documentedUser(password: string): string[] {
  const page = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8');
  const [, rules] = /ACL SETUSER tandem ((?:.*\\\n)*.*)\n/.exec(page)!;
  return ['pool', ...rules!.replaceAll('\\\n', ' ').replace('PASSWORD', password).trim().split(/\s+/)];
}

function start(app: 'coordinator' | 'worker', url: string, more: Readonly<Record<string, string>> = {}): AppProcess {
  return startApp(app, {
    REDIS_URL: url,
    NODE_EXTRA_CA_CERTS: certificate(),
    TANDEM_STORE: `file:${directory.path}/store`,
    TANDEM_DATA_DIR: directory.path,
    ...more,
  });
}

it('over TLS, with user and password, coordinator and worker form a pool', async () => {
  const url = `rediss://tandem:hush-of-tandem@127.0.0.1:${tlsPort}`;
  const own = { TANDEM_QUEUE_PREFIX: 'own' };
  const pool = [start('coordinator', url, own), start('worker', url, own)];
  await pool[0]!.says(/The pool changed.*/);
  await pool[1]!.says(/The worker is ready/);
  await Promise.all(pool.map((process) => process.stop()));
  for (const process of pool) expect(process.output()).not.toContain('hush-of-tandem');
}, 180_000);

it('with the user and the certificate of docs/security.md a run is trained, and no command is refused', async () => {
  await writeTinyData(join(directory.path, 'data'));
  const settings = {
    NODE_EXTRA_CA_CERTS: '',
    TANDEM_REDIS_CA: certificate(),
    TANDEM_STORE: `file:${directory.path}/store-of-the-pool`,
    TANDEM_POOL_KEY: 'hush-of-the-pool-key',
    TANDEM_API_KEY: 'hush-of-the-api-key',
  };
  const url = `rediss://pool:hush-of-the-pool@127.0.0.1:${tlsPort}`;
  const pool = [start('coordinator', url, settings), start('worker', url, settings)];
  const api = connectApi({ url: await addressOf(pool[0]!), apiKey: settings.TANDEM_API_KEY });
  const { modelName: _, ...document } = tinyRun(join(directory.path, 'data'), { steps: 2 });
  const { id } = await api.submit(document);
  await expect.poll(async () => (await api.run(id)).state, { timeout: 60_000 }).toBe('completed');
  await Promise.all(pool.map((process) => process.stop()));
  const admin = new Redis(`rediss://tandem:hush-of-tandem@127.0.0.1:${tlsPort}`, {
    tls: { ca: [readFileSync(certificate())] },
  });
  expect(await admin.call('ACL', 'LOG')).toEqual([]);
  admin.disconnect();
  for (const process of pool) expect(process.output()).not.toContain('hush');
}, 180_000);

it('each rule of docs/security.md is needed: a start without it names it', async () => {
  const [, ...rules] = documentedUser('hush-of-the-pool');
  const admin = new Redis(`rediss://tandem:hush-of-tandem@127.0.0.1:${tlsPort}`, {
    tls: { ca: [readFileSync(certificate())] },
  });
  const url = `rediss://lacking:hush-of-the-pool@127.0.0.1:${tlsPort}`;
  const ca = readFileSync(certificate(), 'utf8');
  const start = (): Promise<unknown> => connectRedis({ url, ca, prefix: 'tandem', evictionAllowed: false });
  const needed = rules.filter((rule) => /^[+~]/.test(rule));
  expect(needed.length).toBeGreaterThan(40);
  for (const rule of needed) {
    await admin.call('ACL', 'SETUSER', 'lacking', 'reset', ...rules.filter((other) => other !== rule));
    await expect(start(), rule).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`the user "lacking" at rediss://lacking:***@127.0.0.1`),
      help: expect.stringContaining(`ACL SETUSER lacking ${rule}`),
    });
  }
  admin.disconnect();
});

it.each([
  ['a wrong password', () => `rediss://tandem:hush-of-nobody@127.0.0.1:${tlsPort}`, /rediss:\/\/tandem:\*\*\*@127/],
  ['no TLS', () => `redis://tandem:hush-of-nobody@127.0.0.1:${tlsPort}`, /redis:\/\/tandem:\*\*\*@127/],
])('with %s, a start fails with the address and what to do, but without the password', async (_, url, said) => {
  for (const app of ['coordinator', 'worker'] as const) {
    const started = start(app, url());
    expect(await started.exit).toBe(1);
    expect(started.output()).toMatch(said);
    expect(started.output()).toMatch(/REDIS_URL/);
    expect(started.output()).not.toContain('hush');
    expect(started.output()).not.toMatch(/^\s+at /m);
  }
});
