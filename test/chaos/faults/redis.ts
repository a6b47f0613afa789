import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../schedule.js';
import type { Cluster } from '../cluster.js';
import { nowMs, waitFor, type Effect, type Strikes } from './effect.js';

/** How much longer than planned Redis refuses writes, until there has been one to refuse. */
const patienceMs = 3_000;

export const redisFaults: Strikes<'redis-killed' | 'redis-emptied' | 'redis-read-only' | 'redis-full'> = {
  async 'redis-killed'({ lastsMs }, { redis }) {
    const startMs = nowMs();
    await redis.kill();
    await delay(lastsMs);
    await redis.start();
    return { acted: true, startMs, endMs: nowMs(), what: `away for ${lastsMs} ms, back with its data` };
  },

  async 'redis-emptied'({ lastsMs }, { redis }) {
    const startMs = nowMs();
    await redis.kill();
    await redis.removeData();
    await delay(lastsMs);
    await redis.start();
    return { acted: true, startMs, endMs: nowMs(), what: `away for ${lastsMs} ms, back without data` };
  },

  // What clients see of a failover: the old primary is a replica for a moment, or a primary that misses its replicas.
  'redis-read-only': (fault, cluster) =>
    fault.lastsMs % 2 === 0
      ? refuseWrites(fault, cluster, 'READONLY', {
          begin: ['REPLICAOF', '127.0.0.1', '1'],
          end: ['REPLICAOF', 'NO', 'ONE'],
        })
      : refuseWrites(fault, cluster, 'NOREPLICAS', {
          begin: ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
          end: ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
        }),

  'redis-full': (fault, cluster) =>
    refuseWrites(fault, cluster, 'OOM', {
      begin: ['CONFIG', 'SET', 'maxmemory', '1mb'],
      end: ['CONFIG', 'SET', 'maxmemory', '0'],
    }),
};

type Command = readonly [string, ...string[]];

async function refuseWrites(
  { lastsMs }: Fault,
  { redis }: Cluster,
  error: string,
  commands: { readonly begin: Command; readonly end: Command },
): Promise<Effect> {
  const call = ([name, ...args]: Command): Promise<unknown> => redis.client.call(name, ...args);
  const before = await redis.refusals(error);
  const startMs = nowMs();
  await call(commands.begin);
  await delay(lastsMs);
  await waitFor(async () => ((await redis.refusals(error)) > before ? true : undefined), patienceMs);
  await call(commands.end);
  const refused = (await redis.refusals(error)) - before;
  const endMs = nowMs();
  return { acted: refused > 0, startMs, endMs, what: `${refused} commands refused with ${error}` };
}
