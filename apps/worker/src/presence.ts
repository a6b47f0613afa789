import { hostname } from 'node:os';
import { parseJson } from '#protocol/input/json-text.js';
import type { RedisOptions } from '#protocol/redis/connect-redis.js';
import { goodbyeMs } from '#protocol/redis/give-up.js';
import type { RedisClient } from '#protocol/redis/redis-client.js';
import {
  coordinatorRecordSchema,
  heartbeatMs,
  names,
  versionMismatch,
  type CoordinatorRecord,
} from '#protocol/pool/presence.js';
import type { MessageSigner } from '#protocol/pool/signed-messages.js';
import { protocolVersion } from '#protocol/pool/task.js';
import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import { withinTime } from '#protocol/time-limit.js';
import { startThread } from '#threads/thread-client.js';
import type { WorkerConfig } from './config.js';
import { proveStore } from './prove-store.js';
import type { HeartbeatCall, HeartbeatResults, HeartbeatSettings, ShownRecord } from './heartbeat-thread.js';
import type { Log } from './log.js';

/** This worker's record in Redis, by which the coordinator knows it. It is written at every heartbeat. */
export interface Presence {
  /** Says why this worker takes no tasks yet; null once it does. */
  trouble(trouble: string | null): void;
  /** Notes that a task was taken. Several may be held at once; the record shows the one that was taken first. */
  working(task: string): void;
  done(task: string): void;
  leave(): Promise<void>;
}

export interface PresenceParts {
  readonly redis: RedisClient;
  readonly config: WorkerConfig;
  readonly code: string;
  readonly device: string;
  readonly arithmetic: string;
  readonly memoryBytes: number | null;
  readonly log: Log;
  readonly signer: MessageSigner;
}

/**
 * Waits for a coordinator, checks that it runs the same code, and proves that this worker can use its store. Until
 * then `onTrouble` is told why the worker does not join. Throws PROTOCOL_MISMATCH if the code is another, because a
 * worker of another version would give other bits.
 */
export async function joinCoordinator(
  { redis, config, code, log, signer }: Pick<PresenceParts, 'redis' | 'config' | 'code' | 'log' | 'signer'>,
  sleep: (ms: number) => Promise<void>,
  onTrouble: (trouble: string) => void = () => undefined,
): Promise<void> {
  let told = '';
  const tell = (trouble: string): void => {
    if (trouble !== told) log.warn({ trouble }, 'Does not join yet');
    if (trouble !== told) onTrouble(trouble);
    told = trouble;
  };
  for (let pauseMs = heartbeatMs; ; await sleep(pauseMs)) {
    const text = await redis.get(names.coordinator(config.queuePrefix));
    if (text === null) {
      tell(`Waits for a coordinator at prefix "${config.queuePrefix}".`);
      continue;
    }
    const record = coordinatorRecord(text, config.queuePrefix, signer);
    const mismatch = versionMismatch({ code }, record);
    if (mismatch !== undefined) throw otherVersion(config, mismatch);
    try {
      return await proveStore(record.proof, config);
    } catch (error) {
      const { message, help } = toWireError(error, ErrorCode.StoreFailed);
      tell(`${message} ${help}`.trim());
      pauseMs = Math.min(longestPauseMs, 2 * pauseMs);
    }
  }
}

const longestPauseMs = 15_000;

function otherVersion({ id, queuePrefix }: WorkerConfig, mismatch: string): TandemError {
  return new TandemError({
    code: ErrorCode.ProtocolMismatch,
    message:
      `This worker does not fit the coordinator at prefix "${queuePrefix}": the coordinator ` + `has ${mismatch}.`,
    help: 'Install the same version of Tandem on both, build it, and start the worker again.',
    context: { worker: id },
  });
}

function coordinatorRecord(text: string, prefix: string, signer: MessageSigner): CoordinatorRecord {
  try {
    return coordinatorRecordSchema.parse(signer.verify('coordinator record', parseJson(text)));
  } catch (cause) {
    if (cause instanceof TandemError) throw cause;
    throw new TandemError({
      code: ErrorCode.ProtocolMismatch,
      message:
        `Expected the record of a coordinator in ${names.coordinator(prefix)}, got ${text.length} ` +
        'characters of something else.',
      help:
        'Install the same version of Tandem on coordinator and worker; give each pool of one Redis its ' +
        'own TANDEM_QUEUE_PREFIX.',
      cause,
    });
  }
}

export function redisOptionsOf({
  redisUrl: url,
  redisCa: ca,
  queuePrefix: prefix,
  redisEvictionAllowed: evictionAllowed,
}: WorkerConfig): RedisOptions {
  return { url, ca, prefix, evictionAllowed };
}

export async function announce({
  config,
  code,
  device,
  arithmetic,
  memoryBytes,
  log,
}: Omit<PresenceParts, 'redis' | 'signer'>): Promise<Presence> {
  const heartbeat = startThread<HeartbeatCall, HeartbeatResults>({
    entry: new URL('./heartbeat-thread.js', import.meta.url),
    workerData: {
      redis: redisOptionsOf(config),
      prefix: config.queuePrefix,
      poolKey: config.poolKey,
    } satisfies HeartbeatSettings,
    failure: (message) =>
      new TandemError({ code: ErrorCode.TransportFailed, message: `The heartbeat failed: ${message}` }),
  });
  let record: ShownRecord = {
    id: config.id,
    protocol: protocolVersion,
    code,
    host: hostname(),
    pid: process.pid,
    device,
    threads: config.threads,
    arithmetic,
    memoryBytes,
    task: null,
    trouble: 'Starts.',
    tasksDone: 0,
    startedAt: new Date().toISOString(),
  };
  const held: string[] = [];
  const show = (change: Partial<ShownRecord>): Promise<undefined> => {
    record = { ...record, ...change };
    return heartbeat.call({ kind: 'show', record });
  };
  const mention = (change: Partial<ShownRecord>): void =>
    void show(change).catch((error: unknown) => log.warn({ error: String(error) }, 'Heartbeat not written'));
  await show({});
  return {
    trouble: (trouble) => mention({ trouble }),
    working(task) {
      held.push(task);
      mention({ task: held[0]! });
    },
    done(task) {
      held.splice(held.indexOf(task), 1);
      mention({ task: held[0] ?? null, tasksDone: record.tasksDone + 1 });
    },
    async leave() {
      // If Redis does not answer, the coordinator sees this worker's silence.
      const leaving = heartbeat.call({ kind: 'leave' });
      await withinTime(leaving, goodbyeMs, () => new Error('no answer')).catch(() => undefined);
      await heartbeat.close();
    },
  };
}
