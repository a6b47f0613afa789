/** How fast the machines of a pool are. Rates are what was measured, not what is printed on the box. */
export interface Machine {
  readonly name: string;
  /** Cores that a worker has, and as many the coordinator. */
  readonly cores: number;
  /** All processes are on one machine and share these cores. */
  readonly isShared: boolean;
  /** Cores that are busy while a worker computes with its towers, and the coordinator with the loss; 0 with a GPU. */
  readonly deviceCores: number;
  /** 10⁹ operations per second of a worker in the towers' forward and backward pass. */
  readonly forwardGigaflops: number;
  readonly backwardGigaflops: number;
  /** 10⁹ operations per second of the coordinator in the loss. */
  readonly lossGigaflops: number;
  /** Bytes per second that a thread hashes with sha256. */
  readonly hashBytesPerSecond: number;
  /** Bytes per second that a thread copies. */
  readonly copyBytesPerSecond: number;
  /** Bytes per second of a gradient that a worker takes from its device and adds to others, in one thread. */
  readonly sumBytesPerSecond: number;
  /** Bytes per second of a gradient that the coordinator adds to another, in `optimizerThreads` threads. */
  readonly addBytesPerSecond: number;
  /** Bytes of parameters that AdamW updates per second, in as many threads. */
  readonly updateBytesPerSecond: number;
  readonly optimizerThreads: number;
  /** Pairs that a core loads per second: read, decoded, augmented and tokenised. */
  readonly loadPairsPerSecond: number;
  /** Time that a task takes the coordinator's thread: to send it, and to read its answer. */
  readonly taskMs: number;
  /** Time that a message is on its way between two processes, without what `taskMs` counts. */
  readonly messageMs: number;
  /** A worker's memory for parameters, gradients and stashes: the machine's, or that of a GPU. */
  readonly memoryBytes: number;
}

/** How fast the store is for one process, and for all of them together. */
export interface StoreRates {
  readonly name: string;
  readonly kind: 'file' | 's3';
  /** From a request to its first byte. */
  readonly readMs: number;
  readonly writeMs: number;
  /** What it takes longer to have a blob on disk, where that is not so anyway. */
  readonly durableMs: number;
  readonly readBytesPerSecond: number;
  readonly writeBytesPerSecond: number;
  /** Of all processes together. */
  readonly totalBytesPerSecond: number;
}

const gigabit = 1e9 / 8;

/** Two cores: MatMul at 150 GFLOP/s, ViT-B/32 at 0.9 of it (`npm run bench`). */
export const cpu: Machine = {
  name: '2 cores each',
  ...{ cores: 2, isShared: false, deviceCores: 2, memoryBytes: 8 * 2 ** 30 },
  ...{ forwardGigaflops: 130, backwardGigaflops: 130, lossGigaflops: 100 },
  ...{ hashBytesPerSecond: 0.8e9, copyBytesPerSecond: 4e9, sumBytesPerSecond: 0.8e9 },
  ...{ addBytesPerSecond: 2e9, updateBytesPerSecond: 2e9, optimizerThreads: 2 },
  ...{ loadPairsPerSecond: 300, taskMs: 0.3, messageMs: 1 },
};

/** An H200 through WebGPU in float32 (docs/gpu.md), beside 16 cores. */
export const gpu: Machine = {
  ...cpu,
  name: 'a GPU each',
  ...{ cores: 16, deviceCores: 0, memoryBytes: 139 * 2 ** 30 },
  ...{ forwardGigaflops: 10_900, backwardGigaflops: 10_900, lossGigaflops: 10_900 },
  ...{ addBytesPerSecond: 8e9, updateBytesPerSecond: 8e9, optimizerThreads: 16 },
};

export const stores: readonly StoreRates[] = [
  {
    ...{ name: 'file', kind: 'file', readMs: 0.2, writeMs: 0.2, durableMs: 5 },
    ...{ readBytesPerSecond: 2e9, writeBytesPerSecond: 2e9, totalBytesPerSecond: 3e9 },
  },
  ...[1, 10, 100].map((rate): StoreRates => ({
    ...{ name: `S3, ${rate} Gbit/s`, kind: 's3', readMs: 15, writeMs: 15, durableMs: 0 },
    ...{ readBytesPerSecond: rate * gigabit, writeBytesPerSecond: rate * gigabit },
    totalBytesPerSecond: 100 * rate * gigabit,
  })),
];
