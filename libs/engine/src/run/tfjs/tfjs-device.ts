import type { Device } from '../../device.js';
import { usedInputs } from '../../program/program.js';
import type { DiskCacheOptions } from '../disk-cache.js';
import { startTfjsEngine } from '../engine-client.js';
import { openEngineDevice } from '../engine-device.js';

/**
 * Open tfjs, in a thread of its own, as a device. It runs programs operation by operation on the best backend of tfjs
 * that is installed (see openTfjsBackend). It is for users of tfjs-node-gpu, and a reference for the other devices.
 * Each operation writes its result to memory, whereas ONNX Runtime fuses many operations into one pass. Throws
 * UNSUPPORTED_OP if an installed backend does not work.
 */
export async function openTfjsDevice(cache?: DiskCacheOptions): Promise<Device> {
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
    prepare: (program) => ({ code: program, inputs: usedInputs(program) }),
    cache,
  });
}
