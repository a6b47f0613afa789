import { workerData } from 'node:worker_threads';
import { connectRedis, type RedisOptions } from '#protocol/redis/connect-redis.js';
import { heartbeatMs, names, type WorkerRecord } from '#protocol/pool/presence.js';
import { openMessageSigner } from '#protocol/pool/signed-messages.js';
import { serveThread } from '#threads/thread-server.js';

/*
 * The thread that gives the worker's signs of life. It has a connection of its own and hardly anything to do, so that a
 * worker whose main thread is busy never looks dead. When the process dies or is frozen, so does this thread.
 */

/** The record without its heartbeat count, which the thread keeps. */
export type ShownRecord = Omit<WorkerRecord, 'beat'>;

export type HeartbeatCall =
  /** Writes the record now, and again at each heartbeat. */
  | { readonly kind: 'show'; readonly record: ShownRecord }
  /** Removes the record, and writes it no more. */
  | { readonly kind: 'leave' };
export type HeartbeatResults = Record<HeartbeatCall['kind'], undefined>;

export interface HeartbeatSettings {
  readonly redis: RedisOptions;
  readonly prefix: string;
  readonly poolKey: string | undefined;
}

const { redis: options, prefix, poolKey } = workerData as HeartbeatSettings;
const signer = openMessageSigner({ poolKey, prefix });
const redis = await connectRedis(options);
const key = names.workers(prefix);
let shown: ShownRecord | undefined;
let beat = 0;

async function write(): Promise<void> {
  if (!shown) return;
  const record: WorkerRecord = { ...shown, beat: ++beat };
  await redis.hset(key, shown.id, JSON.stringify(signer.sign('worker record', record)));
}

setInterval(() => void write().catch(() => undefined), heartbeatMs); // The next heartbeat tries again.

serveThread(async (call: HeartbeatCall) => {
  switch (call.kind) {
    case 'show':
      shown = call.record;
      return write();
    case 'leave': {
      const id = shown?.id;
      shown = undefined;
      if (id !== undefined) await redis.hdel(key, id);
      return;
    }
  }
});
