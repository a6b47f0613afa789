// Goal: one coordinator leads a store, and one that was taken for dead commits nothing more. Method: leases on a store
// in a directory; a dead or frozen leader is one that gives no signs of life.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { leaseStore, type StoreLease, type StoreLeaseOptions } from './store-lease.js';

let directory: string;
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'tandem-lease-'))));
afterAll(() => rm(directory, { recursive: true }));

const frozen = { beatMs: 3_600_000, leaseMs: 150, lookMs: 10 };
const alive = { ...frozen, beatMs: 20 };

function lease(store: Store, id: string, options: Partial<StoreLeaseOptions> = {}): Promise<StoreLease> {
  return leaseStore({
    store,
    self: { id, host: 'h', pid: 1, since: 's' },
    limits: alive,
    onWait: () => undefined,
    onLost: () => undefined,
    ...options,
  });
}

it('a second coordinator waits, is told for whom, and leads as soon as the first has stopped', async () => {
  const store = openStore(join(directory, 'handed-over'));
  const first = await lease(store, 'first');
  const waits: string[] = [];
  let leads = false;
  const second = lease(store, 'second', { onWait: ({ id }, isAlive) => waits.push(`${id} ${isAlive}`) }).then(
    (held) => ((leads = true), held),
  );
  await expect.poll(() => waits).toEqual(['first false', 'first true']);
  expect(leads).toBe(false);
  await first.check();
  await first.release();
  await (await second).check();
  await expect(first.check()).rejects.toMatchObject({ code: 'CONFLICT' });
  await (await second).release();
});

it('one that is silent is taken for dead: it may write nothing more, and is told', async () => {
  const store = openStore(join(directory, 'silent'));
  const lost: string[] = [];
  const first = await lease(store, 'first', { limits: frozen });
  const second = await lease(store, 'second');
  await expect(first.check()).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining(store.url) });
  await second.check();

  // The second is frozen now, and wakes up after a third has taken over.
  const third = await lease(store, 'third', { limits: { ...alive, leaseMs: 5 }, onLost: () => lost.push('third') });
  await expect(second.check()).rejects.toMatchObject({ code: 'CONFLICT' });
  await third.release();
  expect(lost).toEqual([]);
});

it('one that wakes up after another has taken over says so by itself', async () => {
  const store = openStore(join(directory, 'wakes'));
  const lost: string[] = [];
  await lease(store, 'first', { limits: { ...frozen, beatMs: 400 }, onLost: ({ code }) => lost.push(code) });
  const second = await lease(store, 'second');
  await expect.poll(() => lost).toEqual(['CONFLICT']);
  await second.release();
});

it('of many that come at once, one leads', async () => {
  const store = openStore(join(directory, 'many'));
  const ending = new AbortController();
  let leaders = 0;
  const all = Array.from({ length: 8 }, (_, at) =>
    lease(store, String(at), { signal: ending.signal }).then((held) => (leaders++, held)),
  );
  const winner = await Promise.any(all);
  await winner.check();
  expect(leaders).toBe(1);
  ending.abort();
  const settled = await Promise.allSettled(all);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await winner.release();
});
