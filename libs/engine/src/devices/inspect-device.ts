import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { WireError } from '#protocol/tandem-error.js';
import type { DeviceKind } from '../device.js';
import { deviceFailure } from './device-failure.js';

/** How fast a device is on this machine, or why it does not work. */
export type DeviceReport =
  | {
      readonly kind: DeviceKind;
      readonly works: true;
      readonly name: string;
      /** FLOP/s of a matmul (see measureMatmul). */ readonly flops: number;
    }
  | { readonly kind: DeviceKind; readonly works: false; readonly problem: string; readonly help: string };

/** What the process inspect-device-process.ts writes. */
export type Inspection = { readonly name: string; readonly flops: number } | { readonly error: WireError };

const limitMs = 120_000;

/**
 * Open a device and measure it in a separate process, because an unsuitable driver may crash its process and print
 * whatever it likes.
 */
export async function inspectDevice(kind: DeviceKind, threads: number): Promise<DeviceReport> {
  const program = fileURLToPath(new URL('./inspect-device-process.js', import.meta.url));
  const child = spawn(process.execPath, [program, kind, String(threads)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (said += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return reportOf(kind, JSON.parse(said) as Inspection);
  const { message, help } = deviceFailure(kind, `the process that tried it ended (${signal ?? `exit code ${code}`})`);
  return { kind, works: false, problem: message, help };
}

function reportOf(kind: DeviceKind, inspection: Inspection): DeviceReport {
  if ('error' in inspection)
    return { kind, works: false, problem: inspection.error.message, help: inspection.error.help };
  return { kind, works: true, ...inspection };
}
