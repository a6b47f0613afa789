import type { Device, DeviceTensor, Executable } from '#engine/device.js';
import { float32, int32, sizeOf, type HostTensor } from '#engine/tensor-spec.js';
import {
  imageFeaturesForward,
  sampleNames,
  towerForward,
  towerInputs,
  type TowerName,
} from '#model/towers/tower-step.js';
import type { ClipConfig } from '#protocol/run/run-config.js';

/** An image or text tower, compiled for one batch size. */
export interface EmbeddingTower {
  /**
   * Images [n, H, W, 3] or tokens [n, L], for any n → `embedding` [n, d], rows of unit length, and `features` [n, w] of
   * a tower that was opened with them.
   */
  embed(rows: Float32Array | Int32Array): Promise<Readonly<Record<string, Float32Array>>>;
  close(): Promise<void>;
}

export interface EmbeddingTowerOptions {
  readonly config: ClipConfig;
  readonly tower: TowerName;
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly device: Device;
  readonly batch: number;
  /** Image tower: also give what it has before its projection; see imageFeaturesForward. */
  readonly withFeatures?: boolean;
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
      const { executable, parameters } = await (loading ??= load(options));
      const widths = Object.entries(executable.outputs).map(([name, spec]) => [name, spec.shape[1] ?? 0] as const);
      const results = Object.fromEntries(widths.map(([name, width]) => [name, new Float32Array(count * width)]));
      for (let first = 0; first < count; first += batch) {
        const part = padded(rows.subarray(first * rowSize, (first + batch) * rowSize), shape);
        const outputs = await executable.run({ ...parameters, [input]: part });
        for (const [name, width] of widths) {
          const taken = Math.min(batch, count - first) * width;
          results[name]!.set(outputOf(outputs[name], name).subarray(0, taken), first * width);
        }
      }
      return results;
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

async function load({
  config,
  tower,
  parameters,
  device,
  batch,
  withFeatures = false,
}: EmbeddingTowerOptions): Promise<LoadedTower> {
  const inputs = towerInputs(config, tower, batch);
  const executable = withFeatures
    ? await device.compile(imageFeaturesForward(config), inputs, {
        cacheKey: { function: 'imageFeaturesForward', config },
      })
    : await device.compile(towerForward(config, tower), inputs, {
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

function outputOf(tensor: HostTensor | undefined, name: string): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new TypeError(`${name}: expected float32 values, got ${tensor?.dtype ?? 'nothing'}`);
}
