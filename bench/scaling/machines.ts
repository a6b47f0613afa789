/** How fast the machines of a pool are. Rates are what was measured, not what is printed on the box. */
export interface Machine {
  readonly name: string;
  /** 10⁹ operations per second of a worker in the towers. */
  readonly workerGigaflops: number;
  /** 10⁹ operations per second of the coordinator in the loss. */
  readonly lossGigaflops: number;
  /** Bytes per second that a process hashes with sha256. */
  readonly hashBytesPerSecond: number;
  /** Bytes per second of a gradient that is added to another. */
  readonly addBytesPerSecond: number;
  /** Bytes of parameters that AdamW updates per second. */
  readonly updateBytesPerSecond: number;
}

/** How fast the store is. */
export interface StoreRates {
  readonly name: string;
  /** From a request to its first byte. */
  readonly latencyMs: number;
  /** Bytes per second of one process. */
  readonly linkBytesPerSecond: number;
  /** Bytes per second of all processes together. */
  readonly totalBytesPerSecond: number;
}

const gigabit = 1e9 / 8;

/** Two cores: MatMul at 150 GFLOP/s, ViT-B/32 at 0.9 of it (`npm run bench`). */
export const cpu: Machine = {
  name: '2 cores each',
  workerGigaflops: 130,
  lossGigaflops: 100,
  hashBytesPerSecond: 0.8e9,
  addBytesPerSecond: 2e9,
  updateBytesPerSecond: 2e9,
};

/** An H200 through WebGPU in float32 (docs/gpu.md), beside 16 cores. */
export const gpu: Machine = {
  name: 'a GPU each',
  workerGigaflops: 10_900,
  lossGigaflops: 10_900,
  hashBytesPerSecond: 0.8e9,
  addBytesPerSecond: 8e9,
  updateBytesPerSecond: 8e9,
};

export const stores: readonly StoreRates[] = [
  { name: 'file', latencyMs: 0.2, linkBytesPerSecond: 2e9, totalBytesPerSecond: 3e9 },
  ...[1, 10, 100].map((rate) => ({
    name: `S3, ${rate} Gbit/s`,
    latencyMs: 15,
    linkBytesPerSecond: rate * gigabit,
    totalBytesPerSecond: 100 * rate * gigabit,
  })),
];
