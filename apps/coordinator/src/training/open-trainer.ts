import { randomUUID } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Device } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { isCount, isDownload } from '#protocol/document/run-document.js';
import { codeVersion } from '#protocol/code-version.js';
import { isUnsigned, unsignedAdvice } from '#protocol/pool/unsigned.js';
import { connectRedis } from '#protocol/redis/connect-redis.js';
import { giveUpSilent } from '#protocol/redis/give-up.js';
import { heartbeatMs, proofKey, type CoordinatorRecord } from '#protocol/pool/presence.js';
import { openMessageSigner } from '#protocol/pool/signed-messages.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { protocolVersion } from '#protocol/pool/task.js';
import { openSpanExporter } from '#metrics/traces/span-exporter.js';
import { contentHash } from '#store/content-hash.js';
import { openStore } from '#store/open-store.js';
import { shownName } from '#protocol/input/shown.js';
import { openRedisTransport } from '../pool/redis-transport.js';
import { openUnreadableMessages } from '../pool/unreadable-messages.js';
import { openWorkerPool } from '../pool/worker-pool.js';
import type { CoordinatorConfig } from '../config.js';
import type { ReadyTrainer, Trainer, TrainOptions } from '../runs/trainer.js';
import { realTime } from '../time.js';
import { runCount } from '../count/count-run.js';
import { oneForEachStore, runDownload } from '../download/download-run.js';
import { openEventFiles } from './event-files.js';
import { runTraining } from './training-run.js';

/** Opens the device of the losses, and then, for a coordinator that leads, a trainer with a pool over Redis. */
export async function openTrainer(config: CoordinatorConfig, log: Logger): Promise<ReadyTrainer> {
  const code = codeVersion();
  const threads = config.threads ?? availableParallelism();
  const device = await openDevice({
    kind: config.device,
    threads,
    onChoice: (choice) => log.info({ choice }, 'The device of the loss was chosen'),
    cache: config.cache && {
      ...config.cache,
      onEvent: (event) => log.warn({ event }, 'The cache of compiled programs'),
    },
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= device.close());
  return { start: () => startTrainer({ config, log, code, threads, device, closeDevice: close }), close };
}

interface TrainerParts {
  readonly config: CoordinatorConfig;
  readonly log: Logger;
  readonly code: string;
  readonly threads: number;
  readonly device: Device;
  closeDevice(): Promise<void>;
}

async function startTrainer({ config, log, code, threads, device, closeDevice }: TrainerParts): Promise<Trainer> {
  if (isUnsigned(config)) log.warn(unsignedAdvice);
  const proof = await writeProof(config);
  const { redisUrl: url, redisCa: ca, redisEvictionAllowed: evictionAllowed } = config;
  const redis = await connectRedis({ url, ca, prefix: config.queuePrefix, evictionAllowed });
  const unreadable = openUnreadableMessages(({ kind, source, problem }) =>
    log.warn(
      { kind, source: shownName(source), problem },
      'A message of the pool cannot be read; others like it are counted in tandem_unreadable_messages_total',
    ),
  );
  const transport = await openRedisTransport({
    redis,
    prefix: config.queuePrefix,
    onTrouble: (message) => log.warn({ error: message }, 'Redis trouble'),
    unreadable,
    signer: openMessageSigner({ poolKey: config.poolKey, prefix: config.queuePrefix }),
  });
  /** Who hears of the runs that train. */
  const training = new Set<TrainOptions['onEvent']>();
  const pool = openWorkerPool({
    transport,
    self: { protocol: protocolVersion, code, startedAt: new Date().toISOString(), proof },
    nowMs: Date.now,
    every: (tick) => heartbeat(tick, log),
    onChange(reason, what) {
      log.info({ pool: reason }, 'The pool changed');
      if (what !== 'tasks') for (const onEvent of training) onEvent({ kind: 'pool', what, reason });
    },
  });
  const spans =
    config.traces &&
    (await openSpanExporter({
      ...{ ...config.traces, program: 'coordinator', instance: `${hostname()}-${process.pid}` },
      onError: (error) => log.warn({ error }, 'Traces could not be sent'),
    }));
  const downloadOne = oneForEachStore();
  return {
    async train({ config: document, ...options }) {
      const parts = { code, storeAccess: config.storeAccess, pool, time: realTime };
      training.add(options.onEvent);
      try {
        if (isDownload(document)) return await downloadOne({ ...options, ...parts, config: document }, runDownload);
        if (isCount(document)) return await runCount({ ...options, ...parts, config: document });
        return await withEventFiles({ ...options, config: document }, log, (watched) =>
          runTraining({ ...watched, ...parts, threads, device, spans }),
        );
      } finally {
        training.delete(options.onEvent);
      }
    },
    workers: () => pool.workers(),
    membership: () => pool.membership(),
    outstandingTasks: () => pool.outstandingTasks(),
    unreadableMessages: () => unreadable.counts(),
    async close() {
      // The pool's last heartbeat may wait for a Redis that is away.
      await giveUpSilent(redis, config.queuePrefix);
      await pool.close();
      await spans?.close();
      await closeDevice();
      redis.disconnect();
    },
  };
}

type TrainingOptions = TrainOptions & { readonly config: RunConfig };

/** Trains a run and writes what it reports for TensorBoard, if its document asks for that. */
async function withEventFiles<T>(
  options: TrainingOptions,
  log: Logger,
  train: (watched: TrainingOptions) => Promise<T>,
): Promise<T> {
  const { id: run, config, store, epoch, onEvent } = options;
  if (!config.tensorboard) return train(options);
  const files = openEventFiles({
    ...{ store, run, epoch, nowMs: Date.now },
    onTrouble: (error) => log.warn({ run, error }, "TensorBoard's event file cannot be written; it is tried again"),
  });
  try {
    return await train({
      ...options,
      onEvent(event) {
        onEvent(event);
        files.onEvent(event);
      },
    });
  } finally {
    await files.close();
  }
}

/** Writes the blob by which workers see whether their store is the coordinator's. */
async function writeProof({ store: url, storeAccess }: CoordinatorConfig): Promise<CoordinatorRecord['proof']> {
  const store = openStore(url, storeAccess);
  try {
    const nonce = new TextEncoder().encode(randomUUID());
    await store.put(proofKey, nonce);
    return { store: store.url, key: proofKey, sha256: await contentHash(nonce) };
  } finally {
    await store.close();
  }
}

/** Calls `tick` again and again, one heartbeat apart, until it is stopped. */
function heartbeat(tick: () => Promise<void>, log: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const beating = (async () => {
    while (!stopping.signal.aborted) {
      await tick().catch((error: unknown) => log.warn({ error: String(error) }, 'A heartbeat was missed'));
      await sleep(heartbeatMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await beating;
    },
  };
}
