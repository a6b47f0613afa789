import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { WireError } from '#protocol/tandem-error.js';
import type { DeviceKind } from '../device.js';
import { deviceFailure } from './device-failure.js';

/** What a device is good for here, or why it is not. */
export type DeviceReport =
  | {
      readonly kind: DeviceKind;
      readonly works: true;
      readonly name: string;
      /** FLOP/s of a matmul, see measureProduct. */ readonly flops: number;
    }
  | { readonly kind: DeviceKind; readonly works: false; readonly problem: string; readonly help: string };

/** What the process says. */
export type Inspection = { readonly name: string; readonly flops: number } | { readonly error: WireError };

const limitMs = 120_000;

/**
 * Open a device and measure it in a process of its own: drivers that do not fit end the process, and write where they
 * like.
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
