import type { Device, DeviceTensor, Executable } from '#engine/device.js';
import { float32, int32, sizeOf, type HostTensor } from '#engine/tensor-spec.js';
import { sampleNames, towerForward, towerInputs, type TowerName } from '#model/towers/tower-step.js';
import type { ClipConfig } from '#protocol/run/run-config.js';

/** An image or text tower, compiled for one batch size. */
export interface EmbeddingTower {
  /** Images [n, H, W, 3] or tokens [n, L], for any n → embeddings [n, d], rows of unit length. */
  embed(rows: Float32Array | Int32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface EmbeddingTowerOptions {
  readonly config: ClipConfig;
  readonly tower: TowerName;
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly device: Device;
  readonly batch: number;
}

/** Nothing is compiled or copied to the device before the first call of `embed`. */
export function openEmbeddingTower(options: EmbeddingTowerOptions): EmbeddingTower {
  const { config, tower, batch } = options;
  const input = sampleNames[tower];
  let loading: Promise<LoadedTower> | undefined;
  return {
    async embed(rows) {
      const shape = towerInputs(config, tower, batch)[input]?.shape ?? [];
      const rowSize = sizeOf(shape.slice(1));
      const count = rows.length / rowSize;
      if (!Number.isInteger(count))
        throw new RangeError(`embed ${input}: expected a multiple of ${rowSize} values, got ${rows.length}`);
      const embeddings = new Float32Array(count * config.embed_dim);
      for (let first = 0; first < count; first += batch) {
        const { executable, parameters } = await (loading ??= load(options));
        const part = padded(rows.subarray(first * rowSize, (first + batch) * rowSize), shape);
        const { embedding } = await executable.run({ ...parameters, [input]: part });
        const taken = Math.min(batch, count - first) * config.embed_dim;
        embeddings.set(outputOf(embedding).subarray(0, taken), first * config.embed_dim);
      }
      return embeddings;
    },
    async close() {
      const loaded = await loading?.catch(() => undefined);
      loading = undefined;
      await loaded?.executable.dispose();
      for (const tensor of Object.values(loaded?.parameters ?? {})) await tensor.dispose();
    },
  };
}

interface LoadedTower {
  readonly executable: Executable;
  readonly parameters: Readonly<Record<string, DeviceTensor>>;
}

async function load({ config, tower, parameters, device, batch }: EmbeddingTowerOptions): Promise<LoadedTower> {
  const inputs = towerInputs(config, tower, batch);
  const executable = await device.compile(towerForward(config, tower), inputs, {
    cacheKey: { function: 'towerForward', tower, config },
  });
  const loaded: Record<string, DeviceTensor> = {};
  for (const name of Object.keys(inputs).filter((input) => input !== sampleNames[tower])) {
    const [spec, values] = [inputs[name], parameters[name]];
    if (!spec || !values) throw new RangeError(`load ${tower} tower: expected a parameter '${name}', got none`);
    const tensor = await device.allocate(spec);
    await tensor.write(values);
    loaded[name] = tensor;
  }
  return { executable, parameters: loaded };
}

/** The rows, padded with zeros to the shape the tower was compiled for. The embeddings of padding are thrown away. */
function padded(rows: Float32Array | Int32Array, shape: readonly number[]): HostTensor {
  const size = sizeOf(shape);
  if (rows instanceof Int32Array) {
    const data = new Int32Array(size);
    data.set(rows);
    return int32(data, shape);
  }
  const data = new Float32Array(size);
  data.set(rows);
  return float32(data, shape);
}

function outputOf(tensor: HostTensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new TypeError(`embedding: expected float32 values, got ${tensor?.dtype ?? 'nothing'}`);
}
