import * as tf from '@tensorflow/tfjs';
import type { Device, DeviceTensor, Executable, Specs, TensorFunction } from '../device.js';
import { allocate, type DataType, type HostTensor, type TensorSpec, type TypedArray } from '../tensor-spec.js';

/**
 * Runs functions op by op on an installed tfjs backend, `cpu` by default. Slow and plain: the reference that compiled
 * programs are held against, and the device for a user who has tfjs-node-gpu.
 */
export async function openEagerDevice(backend = 'cpu'): Promise<Device> {
  tf.enableProdMode();
  await tf.setBackend(backend);
  return {
    name: `tfjs-${backend}`,
    compile: (fn, inputs) => Promise.resolve(eagerExecutable(fn, inputs, backend)),
    allocate: (spec) => Promise.resolve(eagerTensor(spec)),
    close: () => Promise.resolve(),
  };
}

interface EagerTensor extends DeviceTensor {
  data: TypedArray;
}

function eagerTensor(spec: TensorSpec): EagerTensor {
  return {
    kind: 'device',
    shape: spec.shape,
    dtype: spec.dtype,
    data: allocate(spec),
    write(data) {
      this.data.set(data);
      return Promise.resolve();
    },
    clear() {
      this.data.fill(0);
      return Promise.resolve();
    },
    read(into) {
      if (!into) return Promise.resolve(this.data.slice());
      into.set(this.data);
      return Promise.resolve(into);
    },
    dispose: () => Promise.resolve(),
  };
}

function eagerExecutable(fn: TensorFunction, inputs: Specs, backend: string): Executable {
  const outputs: Record<string, TensorSpec> = {};
  return {
    inputs,
    outputs,
    async run(feeds, into = {}) {
      await tf.setBackend(backend);
      const results = tf.tidy(() => fn(toTensors(feeds, inputs)));
      const host: Record<string, HostTensor> = {};
      for (const [name, tensor] of Object.entries(results)) {
        const spec = { shape: tensor.shape, dtype: tensor.dtype as DataType };
        const data: TypedArray = tensor.dataSync();
        outputs[name] = spec;
        const target = into[name];
        if (target) await target.write(data);
        else host[name] = { ...spec, data };
        tensor.dispose();
      }
      return host;
    },
    dispose: () => Promise.resolve(),
  };
}

function toTensors(feeds: Readonly<Record<string, HostTensor | DeviceTensor>>, inputs: Specs): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, spec]) => {
      const feed = feeds[name];
      if (!feed) throw new Error(`run: expected an input '${name}' of ${spec.dtype}[${spec.shape.join(',')}], got none`);
      return [name, tf.tensor((feed as HostTensor).data.slice(), [...spec.shape], spec.dtype)];
    }),
  );
}
