import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Command } from 'commander';
import { deviceKinds, type DeviceKind } from '#engine/device.js';
import { chooseDevice, gigaflops } from '#engine/devices/choose-device.js';
import { findGpus, type Gpu } from '#engine/devices/gpus.js';
import { inspectDevice, type DeviceReport } from '#engine/devices/inspect-device.js';
import type { CommandContext } from '../command-context.js';

/** What it runs on, as far as the system tells. */
interface Hardware {
  readonly hardware: string;
  readonly memoryBytes?: number;
}

/** What becomes of parameters, gradients and stash between micro-batches. */
const residence: Readonly<Record<DeviceKind, string>> = {
  cpu: 'keeps parameters, gradients and stash where it computes',
  webgpu: 'keeps parameters, gradients and stash in the memory of the card',
  cuda:
    'copies parameters, gradients and stash to the card and back in every micro-batch, as ' +
    'onnxruntime-node keeps no memory of CUDA: some 4 GB for ViT-B/32 at b = 16; webgpu copies none',
  tfjs: 'keeps parameters, gradients and stash where it computes; runs one operation after the other',
};

export function addDevicesCommand(program: Command, { terminal }: CommandContext): Command {
  return program
    .command('devices')
    .description('try what a worker could compute on here, and say what is missing')
    .action(async () => {
      const threads = availableParallelism();
      const cards = await findGpus();
      const reports: DeviceReport[] = [];
      for (const kind of deviceKinds) reports.push(await inspectDevice(kind, threads));
      const auto = await chooseDevice(async (kind) => reports.find((report) => report.kind === kind)!);
      const devices = reports.map((report) =>
        report.works ? { ...report, ...hardwareOf(report.kind, cards), residence: residence[report.kind] } : report,
      );
      terminal.result(
        { devices, auto },
        [...devices.map(deviceText), `auto is ${auto.kind}: ${auto.reason}`].join('\n'),
      );
    });
}

function hardwareOf(kind: DeviceKind, [card]: readonly Gpu[]): Hardware {
  const isProcessor = kind === 'cpu' || kind === 'tfjs';
  if (isProcessor)
    return {
      hardware: cpus()[0]?.model ?? process.arch,
      memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Infinity),
    };
  if (!card)
    return {
      hardware:
        process.platform === 'linux'
          ? 'no graphics card that the system lists: a driver in software?'
          : 'a graphics card',
    };
  return {
    hardware: `${card.name}${card.driver ? `, driver ${card.driver}` : ''}`,
    ...(card.memoryBytes !== undefined && { memoryBytes: card.memoryBytes }),
  };
}

function deviceText(device: DeviceReport & Partial<Hardware> & { readonly residence?: string }): string {
  if (!device.works) return `${device.kind.padEnd(8)}does not work\n        ${device.problem}\n        ${device.help}`;
  const memory = device.memoryBytes === undefined ? '' : `, ${(device.memoryBytes / 2 ** 30).toFixed(1)} GiB`;
  return (
    `${device.kind.padEnd(8)}works, ${gigaflops(device.flops)} GFLOP/s in a matrix product\n        ` +
    `${device.name}; ${device.hardware}${memory}\n        ${device.residence}`
  );
}
