import type { Device } from '../../device.js';
import type { Program } from '../../program/program.js';
import type { DiskCacheOptions } from '../disk-cache.js';
import { startTfjsEngine } from '../engine-client.js';
import { openEngineDevice } from '../engine-device.js';
import { prepareTfjs } from '../prepare.js';
import { openTracer } from '../tracer.js';

/**
 * Open tfjs, in a thread of its own, as a device. It runs programs operation by operation on the best backend of tfjs
 * that is installed (see openTfjsBackend). It is for users of tfjs-node-gpu, and a reference for the other devices.
 * Each operation writes its result to memory, whereas ONNX Runtime fuses many operations into one pass. Throws
 * UNSUPPORTED_OP if an installed backend does not work.
 */
export async function openTfjsDevice(cache?: DiskCacheOptions, tracesInThread = false): Promise<Device> {
  const client = startTfjsEngine();
  const backend = await client.call({ kind: 'open' }).catch(async (error: unknown) => {
    await client.close();
    throw error;
  });
  return openEngineDevice({
    kind: 'tfjs',
    name: `tfjs (${backend})`,
    client,
    lacks: { float16: 'tfjs multiplies in float32 only', bfloat16: 'tfjs multiplies in float32 only' },
    prepare: prepareTfjs,
    cache,
    ...(tracesInThread && { tracer: openTracer<Program>('tfjs') }),
  });
}
