import * as tf from '@tensorflow/tfjs';
import type { Device, DeviceTensor, Executable, Specs, StagedExecutable, TensorFunction } from '../device.js';
import { cut } from '../program/cut.js';
import { allocate, type DataType, type HostTensor, type TensorSpec, type TypedArray } from '../tensor-spec.js';
import { trace } from '../trace/trace.js';

/**
 * Runs functions op by op on an installed tfjs backend, `cpu` by default. Slow and plain: the reference that compiled
 * programs are held against, and the device for a user who has tfjs-node-gpu.
 */
export async function openEagerDevice(backend = 'cpu'): Promise<Device> {
  tf.enableProdMode();
  await tf.setBackend(backend);
  return {
    kind: 'tfjs',
    name: `tfjs-${backend}`,
    compile: (fn, inputs) => Promise.resolve(eagerExecutable(fn, inputs, backend)),
    compileStaged: (fn, inputs, lateInputs) => Promise.resolve(eagerStaged(fn, inputs, lateInputs, backend)),
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

/** Keeps nothing between the parts: the first runs with zeros for what is late, the second runs all of it again. */
function eagerStaged(fn: TensorFunction, inputs: Specs, lateInputs: readonly string[], backend: string): StagedExecutable {
  const { forward, stash } = cut(trace(fn, inputs), lateInputs);
  const early = new Set(Object.keys(forward.outputs).filter((name) => !stash.includes(name)));
  const zeros = Object.fromEntries(lateInputs.map((name) => [name, { ...inputs[name]!, data: allocate(inputs[name]!) }]));
  const whole = eagerExecutable(fn, inputs, backend);
  const only = (outputs: Record<string, HostTensor>, wanted: (name: string) => boolean): Record<string, HostTensor> =>
    Object.fromEntries(Object.entries(outputs).filter(([name]) => wanted(name)));
  return {
    inputs,
    stashBytes: 0,
    forward: async (feeds) => ({
      outputs: only(await whole.run({ ...feeds, ...zeros }), (name) => early.has(name)),
      stash: { tensors: {}, dispose: () => Promise.resolve() },
    }),
    backward: async (feeds, _stash, into) => only(await whole.run(feeds, into), (name) => !early.has(name)),
    dispose: () => whole.dispose(),
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
