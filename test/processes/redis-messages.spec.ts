// Goal: a Redis that cannot be used is refused at the start, with its cause and its cure. Method: a real server with a
// socket, a password, TLS and users of its ACL.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRedis } from '#protocol/redis/connect-redis.js';
import { temporaryDirectory } from '../support/coordinator.js';
import { startApp } from '../support/processes/app-process.js';
import { makeCertificate } from '../support/servers/certificate.js';
import { freePort, startRedis, type PrivateRedis } from '../support/servers/redis.js';

let redis: PrivateRedis;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let clusterNode: PrivateRedis;
let tlsPort: number;
const socket = (): string => join(directory.path, 'redis.sock');

beforeAll(async () => {
  directory = await temporaryDirectory();
  const { cert, key } = makeCertificate(directory.path);
  tlsPort = await freePort();
  const tls = [
    '--tls-port',
    String(tlsPort),
    '--tls-cert-file',
    cert,
    '--tls-key-file',
    key,
    '--tls-ca-cert-file',
    cert,
  ];
  const users = [
    ['--user', 'reader', 'on', '>hush-of-it', '~*', '+@read', '+info', '+multi', '+discard', '+ping'],
    ['--user', 'elsewhere', 'on', '>hush-of-it', '~other:*', '+@all'],
    ['--user', 'blind', 'on', '>hush-of-it', '~*', '+@all', '-info', '-select'],
  ].flat();
  redis = await startRedis(undefined, [...tls, '--tls-auth-clients', 'no', '--unixsocket', socket(), ...users]);
  const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort()), '--dir', directory.path];
  clusterNode = await startRedis(undefined, cluster);
});
afterAll(async () => {
  await Promise.all([redis?.stop(), clusterNode?.stop(), directory?.remove()]);
});

const at = (login: string, port: number = redis.port): string => `127.0.0.1:${port}`.replace(/^/, login && `${login}@`);

const clusterAt = (): string => `127.0.0.1:${clusterNode.port}`;

const refusals: [string, () => string, string, RegExp, RegExp][] = [
  ['a database that is not there', () => `redis://${at('')}/98`, 'CONFIG_INVALID', /number 98: it has 16/, /0 to 15/],
  ['that over a socket', () => `unix://${socket()}?db=16`, 'CONFIG_INVALID', /number 16: it has 16/, /"databases"/],
  [
    'a wrong password',
    () => `redis://${at('reader:wrong')}`,
    'TRANSPORT_FAILED',
    /WRONGPASS/,
    /password of the user reader/,
  ],
  ['no socket', () => 'unix:///none/redis.sock', 'TRANSPORT_FAILED', /ENOENT/, /unixsocket/],
  [
    'a certificate that signs itself',
    () => `rediss://${at('', tlsPort)}`,
    'TRANSPORT_FAILED',
    /self-signed/,
    /TANDEM_REDIS_CA/,
  ],
  ['TLS for a port without it', () => `rediss://${at('')}`, 'TRANSPORT_FAILED', /no answer/, /redis:\/\/ in place/],
  ['no TLS for a port with it', () => `redis://${at('', tlsPort)}`, 'TRANSPORT_FAILED', /closed|RESET/, /rediss:/],
  [
    'a user who may only read',
    () => `redis://${at('reader:hush-of-it')}`,
    'CONFIG_INVALID',
    /"reader".*\+set/,
    /\+bzpopmin/,
  ],
  [
    'a user of other keys',
    () => `redis://${at('elsewhere:hush-of-it')}`,
    'CONFIG_INVALID',
    /~tandem:\*/,
    /elsewhere ~tandem/,
  ],
  ['a user without INFO', () => `redis://${at('blind:hush-of-it')}`, 'CONFIG_INVALID', /lacks \+info$/, /blind \+info/],
  ['one without SELECT', () => `redis://${at('blind:hush-of-it')}/1`, 'CONFIG_INVALID', /lacks \+select$/, /\+select/],
  ['a server as a Sentinel', () => `redis+sentinel://${at('')}/main`, 'TRANSPORT_FAILED', /sentinel/, /no Sentinel/],
  ['a node of a Cluster', () => `redis://${clusterAt()}`, 'CONFIG_INVALID', /node of a Redis Cluster/, /Sentinels/],
];

it.each(refusals)('%s is refused', async (_, url, code, message, help) => {
  await expect(
    connectRedis({ url: url(), prefix: 'tandem', evictionAllowed: false, connectMs: 1500 }),
  ).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    help: expect.stringMatching(help),
  });
});

it('over a socket, a pool has the database of its URL', async () => {
  const url = `unix://${socket()}?db=3`;
  const client = await connectRedis({ url, prefix: 'tandem', evictionAllowed: false });
  await client.set('tandem:here', '1');
  const [first, third] = await Promise.all(
    [0, 3].map((db) => connectRedis({ url: `redis://${at('')}/${db}`, prefix: 'tandem', evictionAllowed: false })),
  );
  expect([await first!.exists('tandem:here'), await third!.exists('tandem:here')]).toEqual([0, 1]);
  for (const one of [client, first!, third!]) one.disconnect();
});

describe.each(['coordinator', 'worker'] as const)('a %s', (app) => {
  it.each([
    ['a database that is not there', () => `redis://${at('')}/98`, 2, /number 98: it has 16/],
    ['a database that is no number', () => `redis://${at('')}/abc`, 2, /number of a database.*got "redis:.*\/abc"/],
    ['a port that is none', () => 'redis://127.0.0.1:70000', 2, /port from 1 to 65535/],
    ['a Cluster', () => `redis+cluster://${clusterAt()}`, 2, /a Redis Cluster is not supported/],
    ['a node of one', () => `redis://${clusterAt()}`, 2, /a node of a Redis Cluster/],
    ['a scheme that is none', () => 'http://127.0.0.1', 2, /expected redis:\/\/HOST:PORT.*got "http:/],
    ['a user of other keys', () => `redis://${at('elsewhere:hush-of-it')}`, 2, /ACL SETUSER elsewhere ~tandem:\*/],
  ])('ends at the start with %s, without a stack', async (_, url, code, said) => {
    const started = startApp(app, {
      REDIS_URL: url(),
      TANDEM_STORE: `file:${directory.path}/store`,
      TANDEM_DATA_DIR: directory.path,
    });
    expect(await started.exit).toBe(code);
    expect(started.output()).toMatch(said);
    expect(started.output()).not.toMatch(/^\s+at |hush/m);
  });
});
