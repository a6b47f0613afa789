import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Command } from 'commander';
import { deviceKinds, type DeviceKind } from '#engine/device.js';
import { chooseDevice, gigaflops } from '#engine/devices/choose-device.js';
import { findGpus, type Gpu } from '#engine/devices/gpus.js';
import { inspectDevice, type DeviceReport } from '#engine/devices/inspect-device.js';
import type { CommandContext } from '../command-context.js';

/** The hardware behind a device, as far as the system tells. */
interface Hardware {
  readonly hardware: string;
  readonly memoryBytes?: number;
}

/** Where each device keeps parameters, gradients and stashed activations between micro-batches. */
const residence: Readonly<Record<DeviceKind, string>> = {
  cpu: 'keeps parameters, gradients and stash in main memory, where it computes',
  webgpu: 'keeps parameters, gradients and stash in GPU memory',
  cuda:
    'kernels of our own keep parameters, gradients and stash in GPU memory; ONNX Runtime, once its provider is ' +
    'installed, copies them to the GPU and back in every micro-batch: some 4 GB for ViT-B/32 at b = 16',
  opencl: 'keeps parameters, gradients and stash in the memory of the device',
  tfjs: 'keeps parameters, gradients and stash in main memory, where it computes; runs one operation at a time',
};

export function addDevicesCommand(command: Command, { terminal }: CommandContext): Command {
  return command.action(async () => {
    const threads = availableParallelism();
    const gpus = await findGpus();
    const reports: DeviceReport[] = [];
    for (const kind of deviceKinds) reports.push(await inspectDevice(kind, threads));
    const auto = await chooseDevice(async (kind) => reports.find((report) => report.kind === kind)!);
    const devices = reports.map((report) =>
      report.works ? { ...report, ...hardwareOf(report.kind, gpus), residence: residence[report.kind] } : report,
    );
    terminal.result({ devices, auto }, [...devices.map(deviceText), `auto is ${auto.kind}: ${auto.reason}`].join('\n'));
  });
}

function hardwareOf(kind: DeviceKind, [gpu]: readonly Gpu[]): Hardware {
  const isOnCpu = kind === 'cpu' || kind === 'tfjs';
  if (isOnCpu)
    return {
      hardware: cpus()[0]?.model ?? process.arch,
      memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Infinity),
    };
  if (!gpu)
    return {
      hardware: process.platform === 'linux' ? 'no GPU that the system lists: a software driver?' : 'a GPU',
    };
  return {
    hardware: `${gpu.name}${gpu.driver ? `, driver ${gpu.driver}` : ''}`,
    ...(gpu.memoryBytes !== undefined && { memoryBytes: gpu.memoryBytes }),
  };
}

function deviceText(device: DeviceReport & Partial<Hardware> & { readonly residence?: string }): string {
  if (!device.works) return `${device.kind.padEnd(8)}does not work\n        ${device.problem}\n        ${device.help}`;
  const memory = device.memoryBytes === undefined ? '' : `, ${(device.memoryBytes / 2 ** 30).toFixed(1)} GiB`;
  return (
    `${device.kind.padEnd(8)}works, ${gigaflops(device.flops)} GFLOP/s in a matmul\n        ` +
    `${device.name}; ${device.hardware}${memory}\n        ${device.residence}`
  );
}
