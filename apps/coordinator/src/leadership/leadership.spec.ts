// Goal: a coordinator that stands by takes over also while the store or Redis is in trouble; one that starts ends with
// the reason. Method: leases on a real Redis and on a store in a directory that refuses claims when the test says so.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { startRedis, type PrivateRedis } from '../../../../test/support/servers/redis.js';
import { openRedis, type RedisConnection } from '../redis-connection.js';
import { openLeadership, type Leadership } from './leadership.js';

let directory: string;
let server: PrivateRedis;
let redis: RedisConnection;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-leadership-'));
  server = await startRedis();
  redis = await openRedis({ url: server.url, prefix: 'tandem', evictionAllowed: false });
});
afterAll(async () => {
  await redis?.close();
  await server?.stop();
  await rm(directory, { recursive: true });
});

let refusals = 0;
function openFillable(name: string): { readonly store: Store; fill(isFull: boolean): void } {
  let isFull = false;
  const store = openStore(join(directory, name));
  const full = new TandemError({ code: ErrorCode.StoreFailed, message: 'ENOSPC' });
  return {
    fill: (value) => void (isFull = value),
    store: {
      ...store,
      async putIfAbsent(...given) {
        if (!isFull) return store.putIfAbsent(...given);
        refusals++;
        throw full;
      },
    },
  };
}

function lead(store: Store, prefix: string, waits: string[] = []): Promise<Leadership> {
  const onWait = (reason: string): Promise<void> => Promise.resolve(void waits.push(reason));
  return openLeadership({ store, redis, prefix, now: () => new Date(), onWait });
}

async function refusedWrites(): Promise<number> {
  return Number(/NOREPLICAS:count=(\d+)/.exec(await redis.client.info('errorstats'))?.[1] ?? 0);
}

it('a standby waits until a full store has room, and leads', async () => {
  const { store, fill } = openFillable('full');
  const first = await lead(store, 'full');
  const waits: string[] = [];
  const second = lead(store, 'full', waits);
  await expect.poll(() => waits.length).toBeGreaterThan(0);
  fill(true);
  await first.release();
  await expect.poll(() => refusals, { timeout: 10_000 }).toBeGreaterThan(1);
  fill(false);
  await (await second).check();
  await (await second).release();
});

it('a standby waits until Redis takes writes, and leads', async () => {
  const { store } = openFillable('refusing');
  const first = await lead(store, 'refusing');
  const waits: string[] = [];
  const second = lead(store, 'refusing', waits);
  await expect.poll(() => waits.length).toBeGreaterThan(0);
  await redis.client.config('SET', 'min-replicas-to-write', '1');
  await first.release(); // This is refused as well: its lease in Redis has to expire.
  await expect.poll(refusedWrites, { timeout: 10_000 }).toBeGreaterThan(2);
  await redis.client.config('SET', 'min-replicas-to-write', '0');
  await (await second).release();
});

it('a coordinator that starts on a full store ends with the reason', async () => {
  const { store, fill } = openFillable('start');
  fill(true);
  await expect(lead(store, 'start')).rejects.toThrow('ENOSPC');
});
