import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openHostQueue } from './host-queue.js';

const never = new AbortController().signal;
const itemsOf = (host: string, count: number): { readonly url: string }[] =>
  Array.from({ length: count }, (_, at) => ({ url: `http://${host}/${at}` }));

it('keeps its limits for all callers together', async () => {
  const queue = openHostQueue({ connections: 3, perHost: 2 });
  let [running, most] = [0, 0];
  const ofHost = new Map<string, number>();
  let mostOfHost = 0;
  const work = async ({ url }: { readonly url: string }): Promise<undefined> => {
    const { hostname } = new URL(url);
    ofHost.set(hostname, (ofHost.get(hostname) ?? 0) + 1);
    most = Math.max(most, ++running);
    mostOfHost = Math.max(mostOfHost, ofHost.get(hostname)!);
    await sleep(1);
    running--;
    ofHost.set(hostname, ofHost.get(hostname)! - 1);
    return undefined;
  };
  await Promise.all([
    queue.run([...itemsOf('a.example', 10), ...itemsOf('b.example', 10)], work, never),
    queue.run(itemsOf('a.example', 10), work, never),
  ]);
  await queue.run(itemsOf('c.example', 1), work, never);
  await queue.close();
  expect([most, mostOfHost]).toEqual([3, 2]);
});

it('tries an item again while nothing else is to be done', async () => {
  const queue = openHostQueue({ connections: 1, perHost: 1 });
  const attempts: number[] = [];
  await queue.run(
    itemsOf('a.example', 1),
    async (_, attempt) => {
      attempts.push(attempt);
      return attempt < 3 ? { againAfterMs: 1 } : undefined;
    },
    never,
  );
  expect(attempts).toEqual([1, 2, 3]);
  await queue.close();
});

it('rejects with the error of one caller only, and soon after an abort', async () => {
  const queue = openHostQueue({ connections: 2, perHost: 2 });
  const broken = queue.run(itemsOf('a.example', 5), () => Promise.reject(new Error('broken')), never);
  const sound = queue.run(itemsOf('a.example', 5), async () => undefined, never);
  await expect(broken).rejects.toThrow('broken');
  await sound;
  const stopping = new AbortController();
  const waiting = queue.run(itemsOf('a.example', 2), async () => ({ againAfterMs: 3_600_000 }), stopping.signal);
  await sleep(5);
  stopping.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});
