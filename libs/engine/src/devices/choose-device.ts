import type { DeviceKind } from '../device.js';
import { cudaProviderMissing } from './onnxruntime-package.js';
import { findGpus } from './gpus.js';
import type { DeviceReport } from './inspect-device.js';

export interface ChosenDevice {
  readonly kind: DeviceKind;
  /** Why it was chosen, for people. */
  readonly reason: string;
}

/**
 * How many times as fast as the CPU another device must be. On a busy machine, measurements vary by smaller factors.
 */
const margin = 1.5;

/**
 * Choose the best device of this machine. Devices are tried only if there may be a GPU, so that a machine without one
 * loses no time.
 */
export async function chooseDevice(inspect: (kind: DeviceKind) => Promise<DeviceReport>): Promise<ChosenDevice> {
  const candidates = await candidateDevices();
  if (candidates.length === 0) return { kind: 'cpu', reason: 'the system lists no GPU' };
  const reports: DeviceReport[] = [];
  for (const kind of ['cpu', ...candidates] as const) reports.push(await inspect(kind));
  return fastestDevice(reports);
}

/** tfjs is not a candidate: it runs operation by operation, so a step takes several times as long as its matmuls. */
async function candidateDevices(): Promise<DeviceKind[]> {
  const gpus = await findGpus();
  const mayHaveGpu = gpus.length > 0 || process.platform !== 'linux';
  if (!mayHaveGpu) return [];
  return cudaProviderMissing() === undefined ? ['cuda', 'webgpu'] : ['webgpu'];
}

/** The fastest device that works; the CPU, which comes first in `reports`, unless another is clearly faster. */
export function fastestDevice(reports: readonly DeviceReport[]): ChosenDevice {
  const speed = (report: DeviceReport): number =>
    !report.works ? 0 : report.kind === 'cpu' ? margin * report.flops : report.flops;
  const best = reports.reduce((best, report) => (speed(report) > speed(best) ? report : best));
  const words = reports.map(
    (report) => `${report.kind} ${report.works ? `${gigaflops(report.flops)} GFLOP/s` : 'does not work'}`,
  );
  return { kind: best.kind, reason: `of a matrix product: ${words.join(', ')}` };
}

export function gigaflops(flops: number): string {
  return (flops / 1e9).toLocaleString('en', { maximumSignificantDigits: 3 });
}
