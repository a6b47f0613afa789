import type { Device } from '../../device.js';
import { usedInputs } from '../../program/program.js';
import type { DiskCacheOptions } from '../disk-cache.js';
import { startTfjsEngine } from '../engine-client.js';
import { openEngineDevice } from '../engine-device.js';

/**
 * tfjs in a thread of its own: programs are run operation by operation on the best backend of tfjs that is installed
 * (see openTfjsBackend). For who has tfjs-node-gpu, and to hold the other devices against; each operation writes its
 * result to memory, where ONNX Runtime fuses many into one pass. Throws UNSUPPORTED_OP where a backend is installed
 * that does not work.
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
