// Opens the device named by the first argument, with the number of threads given by the second, and writes its
// Inspection to stdout as JSON.
import { ErrorCode, toWireError } from '#protocol/tandem-error.js';
import type { DeviceKind } from '../device.js';
import { openDevice } from '../run/open-device.js';
import { deviceFailure } from './device-failure.js';
import type { Inspection } from './inspect-device.js';
import { measureMatmul } from './matmul-speed.js';

const [kind, threads] = process.argv.slice(2) as [DeviceKind, string];

async function inspect(): Promise<Inspection> {
  const device = await openDevice({ kind, threads: Number(threads) });
  try {
    return { name: device.name, flops: await measureMatmul(device, () => performance.now()) };
  } catch (error) {
    throw deviceFailure(kind, error);
  } finally {
    await device.close();
  }
}

const inspection = await inspect().catch((error: unknown): Inspection => ({
  error: toWireError(error, ErrorCode.UnsupportedOp),
}));
process.stdout.write(JSON.stringify(inspection));
