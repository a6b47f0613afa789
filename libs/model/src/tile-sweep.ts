import type { Device, DeviceTensor, Executable } from '#engine/device.js';
import { float32, type HostTensor } from '#engine/tensor-spec.js';
import { named, type NamedValues } from './named.js';
import type { TileFunction, TileShape } from './similarity-tile.js';

/** Neighbouring pairs of the batch. */
export interface Block {
  readonly start: number;
  readonly size: number;
}

/** What a sweep reads; further inputs of the tiles' function by name. */
export interface TileFeeds {
  /** [N, d] each. */
  readonly embeddings: Readonly<Record<'images' | 'texts', Float32Array>>;
  readonly numbers: Readonly<Record<string, number>>;
  /** Vectors [N] with a number for every image. */
  readonly ofImages?: NamedValues;
  /** Vectors [N] with a number for every text. */
  readonly ofTexts?: NamedValues;
  /** [N, d], in shared memory: overwritten with the sums of the function's outputs of these names. */
  readonly gradients?: Readonly<Record<'imageGradients' | 'textGradients', Float32Array>>;
}

/** A function of every tile of the similarity matrix, in a fixed order: tiles of the same images one after another. */
export interface TileSweep {
  /** `visit` gets the vectors that the function gives of a tile. */
  run(feeds: TileFeeds, visit: (images: Block, texts: Block, outputs: NamedValues) => void): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * Compile a function of a tile for tiles of at most `tile` images × texts. Embeddings and gradients go to the device and
 * come back block by block, so that a few tiles' memory is all it takes; those in shared memory are not copied on the way.
 */
export async function openTileSweep(
  device: Device,
  tileFunction: TileFunction,
  { batch, width, tile = 512 }: { readonly batch: number; readonly width: number; readonly tile?: number },
): Promise<TileSweep> {
  const blocks = blocksOf(batch, tile);
  const programs = await compileTiles(device, tileFunction, blocks, width);
  const memory = new Map<number, BlockMemory>();
  for (const { size } of blocks) if (!memory.has(size)) memory.set(size, await allocateBlock(device, size, width));
  const memoryOf = ({ size }: Block): BlockMemory => memory.get(size) as BlockMemory;
  const room = sharedFloats(Math.max(...memory.keys()) * width);
  const rowsOf = (values: Float32Array, { start, size }: Block): Float32Array => values.subarray(start * width, (start + size) * width);
  const write = (tensor: DeviceTensor, values: Float32Array, block: Block): Promise<void> => tensor.write(inSharedMemory(rowsOf(values, block), room));
  return {
    async run({ embeddings, numbers, ofImages = {}, ofTexts = {}, gradients }, visit) {
      const scalars = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, float32(Float32Array.of(value), [])]));
      gradients?.textGradients.fill(0);
      for (const row of blocks) {
        const { images, imageGradients } = memoryOf(row);
        await write(images, embeddings.images, row);
        if (gradients) await imageGradients.clear();
        for (const column of blocks) {
          const { texts, textGradients } = memoryOf(column);
          await write(texts, embeddings.texts, column);
          if (gradients) await write(textGradients, gradients.textGradients, column);
          const sums = { imageGradients, textGradients };
          const vectors = { ...partsOf(ofImages, row), ...partsOf(ofTexts, column) };
          const outputs = await named(programs, tileKey(row, column)).run({ images, texts, ...sums, ...scalars, ...vectors }, sums);
          visit(row, column, Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array])));
          if (gradients) await textGradients.read(rowsOf(gradients.textGradients, column));
        }
        if (gradients) await imageGradients.read(rowsOf(gradients.imageGradients, row));
      }
    },
    async dispose() {
      for (const one of [...Object.values(programs), ...[...memory.values()].flatMap((tensors) => Object.values(tensors))]) await one.dispose();
    },
  };
}

/** What a tile reads and adds to, [size, width] each. */
type BlockMemory = Readonly<Record<'images' | 'texts' | 'imageGradients' | 'textGradients', DeviceTensor>>;

async function allocateBlock(device: Device, size: number, width: number): Promise<BlockMemory> {
  const allocate = (): Promise<DeviceTensor> => device.allocate({ dtype: 'float32', shape: [size, width] });
  return { images: await allocate(), texts: await allocate(), imageGradients: await allocate(), textGradients: await allocate() };
}

/** The values themselves where other threads can read them, else a copy in `room`. */
function inSharedMemory(values: Float32Array, room: Float32Array): Float32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const copy = room.subarray(0, values.length);
  copy.set(values);
  return copy;
}

/** As few blocks of at most `largest` pairs as hold the batch; their sizes differ by at most one. */
function blocksOf(batch: number, largest: number): Block[] {
  const count = Math.ceil(batch / largest);
  const start = (index: number): number => Math.floor((index * batch) / count);
  return Array.from({ length: count }, (_, index) => ({ start: start(index), size: start(index + 1) - start(index) }));
}

/** A program for every shape of tile: at most six. */
async function compileTiles(device: Device, { compute, inputs }: TileFunction, blocks: readonly Block[], width: number): Promise<Record<string, Executable>> {
  const programs: Record<string, Executable> = {};
  for (const row of blocks) {
    for (const column of blocks) {
      const shape: TileShape = { rows: row.size, columns: column.size, width, diagonal: row === column };
      programs[tileKey(row, column)] ??= await device.compile(compute(shape), inputs(shape));
    }
  }
  return programs;
}

function tileKey(row: Block, column: Block): string {
  return `${row.size}×${column.size}${row === column ? ' on the diagonal' : ''}`;
}

function partsOf(vectors: NamedValues, { start, size }: Block): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(vectors).map(([name, values]) => [name, float32(values.subarray(start, start + size), [size])]));
}

/** Zeros in memory that threads share. */
export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}
