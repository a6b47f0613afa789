import { EventEmitter, once } from 'node:events';
import type { OpenTrainer, Trainer, TrainingEnd, TrainOptions } from '../../apps/coordinator/src/runs/trainer.js';
import type { StepMetrics, WorkerStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** A training that the test controls: it decides when a step is committed and how the run ends. */
export interface Training extends TrainOptions {
  prepare(): void;
  step(step: number, change?: Partial<StepMetrics>): void;
  complete(): void;
  fail(error: unknown): void;
  /** From now on it does not stop when it is asked to stop after its step. */
  holdStop(): void;
}

export interface ScriptedTrainer {
  readonly open: OpenTrainer;
  /** Waits for the next run to start, and returns its training. */
  next(): Promise<Training>;
  workers: WorkerStatus[];
}

/** Stands in for the pool, so that a test of the coordinator need not wait for a real training. */
export function scriptedTrainer(): ScriptedTrainer {
  const started = new EventEmitter();
  const waiting: Training[] = [];
  const trainer: Trainer = {
    train: (options) =>
      new Promise<TrainingEnd>((resolve, reject) => {
        let held = false;
        options.stopping.addEventListener('abort', () => held || resolve('stopped'));
        options.signal.addEventListener('abort', () =>
          reject(new TandemError({ code: ErrorCode.Cancelled, message: 'stopped' })),
        );
        waiting.push({ ...training(options, resolve, reject), holdStop: () => void (held = true) });
        started.emit('started');
      }),
    workers: () => scripted.workers,
    membership: () => ({ joined: 2, left: 1, lost: 0, heartbeatsMissed: 7 }),
    outstandingTasks: () => 3,
    unreadableMessages: () => ({ 'worker record': 4, answer: 0, task: 1 }),
    close: () => Promise.resolve(),
  };
  const scripted: ScriptedTrainer = {
    workers: [],
    open: () => Promise.resolve({ start: () => Promise.resolve(trainer), close: () => Promise.resolve() }),
    async next() {
      if (waiting.length === 0) await once(started, 'started');
      return waiting.shift()!;
    },
  };
  return scripted;
}

function training(
  options: TrainOptions,
  resolve: (end: TrainingEnd) => void,
  reject: (error: unknown) => void,
): Omit<Training, 'holdStop'> {
  return {
    ...options,
    prepare: () => options.onEvent({ kind: 'prepared', derived }),
    step: (step, change) => options.onEvent({ kind: 'step', metrics: { ...scriptedMetrics, step, ...change } }),
    complete: () => resolve('complete'),
    fail: reject,
  };
}

const derived = {
  parameters: 10,
  trainPairs: 100,
  shards: 2,
  shardSizes: [4, 4],
  microBatch: 4,
  stepsPerEpoch: 12.5,
  epochs: 0.8,
  embeddingBytesPerStep: 256,
  gradientBytesPerShard: 40,
  parameterBytes: 40,
};

export const scriptedMetrics: StepMetrics = {
  step: 1,
  loss: 2.5,
  accuracy: 0.25,
  logitScale: 14.5,
  learningRate: 0.001,
  gradientNorm: 1.5,
  pairsPerSecond: 80,
  encodeMs: 40,
  lossMs: 10,
  backpropMs: 40,
  updateMs: 10,
  stepMs: 100,
  bytesIn: 1000,
  bytesOut: 2000,
  workers: 2,
  retries: 1,
  loadMs: 3,
  skipped: 2,
};
