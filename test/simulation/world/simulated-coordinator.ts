import { heartbeatMs } from '#protocol/pool/presence.js';
import { protocolVersion } from '#protocol/pool/task.js';
import type { Store } from '#store/store.js';
import { leaseStore } from '../../../apps/coordinator/src/leadership/store-lease.js';
import type { Transport } from '../../../apps/coordinator/src/pool/transport.js';
import { openWorkerPool } from '../../../apps/coordinator/src/pool/worker-pool.js';
import type { TrainingEnd } from '../../../apps/coordinator/src/runs/trainer.js';
import type { RunEvent } from '../../../apps/coordinator/src/training/run-event.js';
import { trainPrepared } from '../../../apps/coordinator/src/training/training-run.js';
import { madeUpLoss, noNumbers, plainOptimizer, type SmallRun } from '../small-run.js';
import type { SimulatedRedis } from './simulated-redis.js';
import type { SimulatedProcess } from './world.js';

/** What is put between the coordinator and its surroundings: a bug that the simulation is to find. */
export interface Plant {
  readonly checkOwner?: (check: () => Promise<void>) => () => Promise<void>;
  readonly transport?: (transport: Transport) => Transport;
}

export interface CoordinatorSurroundings {
  readonly process: SimulatedProcess;
  readonly store: Store;
  readonly redis: SimulatedRedis;
  readonly run: SmallRun;
  readonly plant: Plant;
  readonly stopping: AbortSignal;
  onEvent(event: RunEvent): void;
  onLead(): void;
  /** What the pool and the lease did, in words. */
  onChange(text: string): void;
  /** Another coordinator has taken over: this process ends. */
  onLost(): void;
}

/** The coordinator as it is, from its lease to the last step, in simulated surroundings. */
export async function coordinate(surroundings: CoordinatorSurroundings): Promise<TrainingEnd> {
  const { process, store, redis, run, plant, stopping, onEvent, onLead, onChange, onLost } = surroundings;
  const { time, name } = process;
  const lease = await leaseStore({
    store,
    self: { id: name, host: 'h', pid: 1, since: 's' },
    time,
    onWait: ({ id }, isAlive) => onChange(`waits for ${id}, which ${isAlive ? 'lives' : 'may live'}`),
    onLost,
    signal: stopping,
  });
  onLead();
  onChange('leads');
  const transport = redis.openTransport(process);
  const pool = openWorkerPool({
    transport: plant.transport?.(transport) ?? transport,
    self: { protocol: protocolVersion, code: 'simulated', startedAt: 's', proof: { store: '', key: '', sha256: '' } },
    nowMs: () => time.nowMs(),
    every: (tick) => {
      const stopped = new AbortController();
      const beat = async (): Promise<void> => {
        while (!stopped.signal.aborted) {
          await tick().catch((error: unknown) => onChange(`a heartbeat was missed: ${String(error)}`));
          await time.sleep(heartbeatMs, stopped.signal).catch(() => undefined);
        }
      };
      const beating = beat();
      return { stop: () => (stopped.abort(), beating) };
    },
    onChange,
  });
  const check = (): Promise<void> => lease.check();
  const end = await trainPrepared(
    {
      ...{ id: run.id, config: run.config, code: 'simulated', store, storeAccess: {}, pool, stepsChanges: [] },
      epoch: lease.epoch,
      checkOwner: plant.checkOwner?.(check) ?? check,
      stopping,
      signal: new AbortController().signal,
      priority: () => run.config.priority,
      onEvent,
      time,
    },
    {
      ...{ config: run.config, configHash: '0'.repeat(64), shards: run.shards, derived: noNumbers },
      tokenizer: { document: { format: 'tandem-bpe', version: 2, vocabulary: 16, merges: [] } },
      loss: madeUpLoss(run),
      optimizer: plainOptimizer(),
      evaluate: () => Promise.resolve(),
      evaluations: [],
    },
  );
  await pool.close();
  await lease.release().catch((error: unknown) => onChange(`the lease stays: ${String(error)}`)); // It expires.
  return end;
}
