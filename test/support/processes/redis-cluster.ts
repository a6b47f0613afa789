import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { freePort, startRedis, type PrivateRedis } from '../servers/redis.js';

/** A Redis Cluster of three nodes without replicas, each a process. */
export interface RedisCluster {
  readonly url: string;
  readonly ports: readonly number[];
  /** The port of the node that has this key. */
  ownerOf(key: string): Promise<number>;
  /** Kills a node and starts it again, without the keys that it held. */
  restart(port: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-cluster-'));
  const busPorts = new Map<number, number>();
  const nodes = new Map<number, PrivateRedis>();
  const startNode = async (port: number): Promise<void> => {
    const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', `${port}.conf`, '--dir', folder];
    nodes.set(port, await startRedis(port, [...cluster, '--cluster-port', String(busPorts.get(port)!)]));
  };
  for (let node = 0; node < 3; node++) {
    const port = await freePort();
    busPorts.set(port, await freePort());
    await startNode(port);
  }
  const ports = [...nodes.keys()];
  const hosts = ports.map((port) => `127.0.0.1:${port}`);
  await promisify(execFile)('redis-cli', ['--cluster', 'create', ...hosts, '--cluster-yes']);
  const asking = ports.map((port) => new Redis(port, { maxRetriesPerRequest: null }).on('error', () => undefined));
  const areJoined = async (): Promise<boolean> => {
    const answers = (await Promise.all(asking.map((one) => one.call('CLUSTER', 'INFO')))) as string[];
    return answers.every((answer) => answer.includes('cluster_state:ok'));
  };
  const untilJoined = async (): Promise<void> => {
    while (!(await areJoined())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await untilJoined();
  return {
    url: `redis+cluster://${hosts.join(',')}`,
    ports,
    async ownerOf(key) {
      const slot = Number(await asking[0]!.call('CLUSTER', 'KEYSLOT', key));
      const ranges = (await asking[0]!.call('CLUSTER', 'SLOTS')) as readonly [number, number, [string, number]][];
      return ranges.find(([first, last]) => first <= slot && slot <= last)![2][1];
    },
    async restart(port) {
      await nodes.get(port)!.stop();
      await startNode(port);
      await untilJoined();
    },
    async stop() {
      for (const one of asking) one.disconnect();
      await Promise.all([...nodes.values()].map((node) => node.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
