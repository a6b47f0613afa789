// Goal: run documents reach no place outside the roots, and the operator's S3 keys are sent to no other server.
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorBodySchema } from '#protocol/error-body.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import { runListSchema } from '#protocol/run/run-status.js';
import { runDocument, startTestCoordinator, temporaryDirectory, type TestCoordinator } from '../support/coordinator.js';
import { startRedis, type PrivateRedis } from '../support/servers/redis.js';

let redis: PrivateRedis;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let settings: Record<string, string>;
const opened: TestCoordinator[] = [];

beforeAll(async () => {
  [redis, directory] = await Promise.all([startRedis(), temporaryDirectory()]);
  settings = {
    REDIS_URL: redis.url,
    TANDEM_STORE: `file:${at('store')}`,
    TANDEM_DATA_DIR: at('own'),
    TANDEM_HOST: '0.0.0.0',
  };
  for (const folder of ['data/pairs', 'stores', 'secret']) await mkdir(at(folder), { recursive: true });
  await writeFile(at('secret/shadow'), 'root:$6$hush:19000:0:99999:7:::');
  await symlink(at('secret'), at('data/link'));
});
afterAll(async () => {
  for (const coordinator of opened) await coordinator.close();
  await Promise.all([redis?.stop(), directory?.remove()]);
});

const at = (path: string): string => join(directory.path, path);
const start = async (more: Record<string, string> = {}): Promise<TestCoordinator> => {
  const coordinator = await startTestCoordinator({
    ...settings,
    TANDEM_STORE: `file:${at(opened.length === 0 ? 'store' : `store-${opened.length}`)}`,
    ...more,
  });
  opened.push(coordinator);
  return coordinator;
};
const refused = async (coordinator: TestCoordinator, document: RunConfigInput): Promise<readonly string[]> => {
  const answer = await coordinator.post('/v1/runs', document);
  expect(answer.status).toBe(422);
  const { problems = [], help } = errorBodySchema.parse(await answer.json());
  expect(help).not.toBe('');
  return problems.map(({ path }) => path);
};
const zeroShot = (data: string): Pick<RunConfigInput, 'evaluation'> => ({
  evaluation: { zeroShot: [{ name: 'seen', data }] },
});

describe('a coordinator that other machines can reach', () => {
  it("is closed by default: a document may name only the coordinator's own store", async () => {
    const closed = await start();
    const paths = await refused(
      closed,
      runDocument({
        store: `file:${at('made')}`,
        data: { train: at('data/pairs') },
        init: at('secret/shadow'),
        ...zeroShot(at('data/pairs')),
      }),
    );
    expect(paths).toEqual(['store', 'data.train', 'init.weights', 'evaluation.zeroShot.0.data']);
    expect(existsSync(at('made'))).toBe(false);
    for (const store of [`file:${at('store')}`, at('store/../store'), `file://${at('store')}`]) {
      const own = runDocument({ store, data: { train: `file:${at('store/pairs')}` } });
      expect((await closed.post('/v1/runs', own)).status).toBe(201);
    }
  });

  it('opens the places that its settings name; symbolic links are resolved first', async () => {
    const some = await start({
      TANDEM_DATA_ROOTS: `${at('data')}, s3://bucket/pairs`,
      TANDEM_STORE_ROOTS: `file:${at('stores')}`,
    });
    expect(
      (await some.post('/v1/runs', runDocument({ store: `file:${at('stores/a')}`, data: { train: at('data/pairs') } })))
        .status,
    ).toBe(201);
    expect((await some.post('/v1/runs', runDocument({ data: { train: 's3://bucket/pairs/cc12m' } }))).status).toBe(201);
    expect(await refused(some, runDocument({ data: { train: at('data/link') } }))).toEqual(['data.train']);
    expect(await refused(some, runDocument({ data: { train: at('data/../secret') } }))).toEqual(['data.train']);
    expect(await refused(some, runDocument({ data: { train: 's3://bucket/others' } }))).toEqual(['data.train']);
    expect(
      await refused(some, runDocument({ store: `file:${at('data/a')}`, data: { train: at('data/pairs') } })),
    ).toEqual(['store']);
  });

  it('checks again before it trains: a run that was queued under other roots is refused', async () => {
    const prefix = { TANDEM_STORE: `file:${at('waiting')}` };
    const before = await startTestCoordinator({ ...settings, ...prefix, TANDEM_DATA_ROOTS: 'any' });
    await before.post('/v1/runs', runDocument({ name: 'first', data: { train: at('data/pairs') } }));
    await before.post('/v1/runs', runDocument({ name: 'waits', data: { train: at('data/pairs') } }));
    await before.close();
    const after = await start(prefix);
    await expect.poll(async () => stateOf(after, 'waits')).toBe('failed');
  });
});

async function stateOf(coordinator: TestCoordinator, wanted: string): Promise<string | undefined> {
  const { runs } = runListSchema.parse(await (await coordinator.get('/v1/runs')).json());
  return runs.find(({ name }) => name === wanted)?.state;
}

describe('a coordinator on loopback', () => {
  it.each([
    ['below /proc', 'file:/proc/x', 503],
    ['with half of a character', 'store-\ud800', 422],
    ['with what a URL leaves out of its path', 'file:///tmp/a#/b', 422],
    ['with a zero byte', 'file:/tmp/a\0b', 422],
    ['of another kind', 'gs://bucket', 422],
  ])('refuses a store %s, and leaves no folder behind', async (_, store, status) => {
    const before = readdirSync('.');
    const coordinator = await start({ TANDEM_HOST: '127.0.0.1' });
    expect((await coordinator.post('/v1/runs', runDocument({ store }))).status).toBe(status);
    expect(readdirSync('.')).toEqual(before);
  });
});

describe('S3 keys', () => {
  it('are not sent to an endpoint that a document names', async () => {
    const calls: IncomingMessage[] = [];
    const thief = createServer((request, response) => {
      calls.push(request);
      response.writeHead(404).end();
    });
    await once(thief.listen(0, '127.0.0.1'), 'listening');
    const url = `s3://bucket/pairs?endpoint=http://127.0.0.1:${(thief.address() as AddressInfo).port}`;
    const coordinator = await start({
      TANDEM_HOST: '127.0.0.1',
      TANDEM_S3_ACCESS_KEY_ID: 'operator',
      TANDEM_S3_SECRET_ACCESS_KEY: 'hush',
    });
    for (const change of [{ store: url }, { data: { train: url } }, { init: url }, zeroShot(url)]) {
      const answer = await coordinator.post('/v1/runs', runDocument(change));
      expect(answer.status).toBe(422);
      expect(errorBodySchema.parse(await answer.json()).help).toContain('TANDEM_S3_ENDPOINT');
    }
    expect(calls).toEqual([]);
    thief.close();
  });
});

it('a document that comes by the API names absolute places or URLs, and so does a change of a run', async () => {
  const open = await start({ TANDEM_HOST: '127.0.0.1' });
  const document = runDocument({ data: { train: 'pairs' }, init: 'file:w.bin', store: 's3://b/c', ...zeroShot('./x') });
  expect(await refused(open, document)).toEqual(['data.train', 'init.weights', 'evaluation.zeroShot.0.data']);
  const changed = await open.post('/v1/runs/any/resume', zeroShot('held-out'));
  expect([changed.status, await changed.json()]).toMatchObject([
    422,
    { problems: [{ path: 'evaluation.zeroShot.0.data', message: expect.stringContaining('"held-out"') as string }] },
  ]);
});
