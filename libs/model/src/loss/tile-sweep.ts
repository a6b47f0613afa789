import type { Device, DeviceTensor, Executable } from '#engine/device.js';
import { float32, type HostTensor } from '#engine/tensor-spec.js';
import { requireTensor, type NamedValues } from '../parameters/named-values.js';
import { inSharedMemory } from '../parameters/shared-floats.js';
import type { TileFunction, TileShape } from './similarity-tile.js';

/** Neighbouring pairs of the batch. */
export interface Block {
  readonly start: number;
  readonly size: number;
}

/** What a sweep reads, including further inputs of the tile function by name. */
export interface TileFeeds {
  /** [N, d] each, in shared memory. */
  readonly embeddings: Readonly<Record<'images' | 'texts', Float32Array>>;
  readonly numbers: Readonly<Record<string, number>>;
  /** Vectors [N] with a number for every image. */
  readonly ofImages?: NamedValues;
  /** Vectors [N] with a number for every text. */
  readonly ofTexts?: NamedValues;
  /** [N, d], in shared memory. Overwritten with the sums of the tile function's outputs of these names. */
  readonly gradients?: Readonly<Record<'imageGradients' | 'textGradients', Float32Array>>;
}

/** Computes a function on every tile of the similarity matrix, in a fixed order: row by row of tiles. */
export interface TileSweep {
  /** `visit` gets the output vectors of each tile. */
  run(feeds: TileFeeds, visit: (images: Block, texts: Block, outputs: NamedValues) => void): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * Compiles a tile function for tiles of at most `tile` images × texts. Embeddings and gradients move to and from the
 * device block by block, so that it holds only a few tiles at a time.
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
  const rowsOf = (values: Float32Array, { start, size }: Block): Float32Array =>
    values.subarray(start * width, (start + size) * width);
  return {
    async run({ embeddings, numbers, ofImages = {}, ofTexts = {}, gradients }, visit) {
      const scalars = Object.fromEntries(
        Object.entries(numbers).map(([name, value]) => [name, float32(Float32Array.of(value), [])]),
      );
      const [imageVectors, textVectors] = [shared(ofImages), shared(ofTexts)];
      /** Queues everything a tile needs at once; the device does it in this order. */
      const take = async (row: Block, column: Block): Promise<void> => {
        const { images, imageGradients } = memoryOf(row);
        const { texts, textGradients } = memoryOf(column);
        const sums = { imageGradients, textGradients };
        const moves: Promise<unknown>[] = [];
        if (column === blocks[0]) moves.push(images.write(rowsOf(embeddings.images, row)));
        if (column === blocks[0] && gradients) moves.push(imageGradients.clear());
        moves.push(texts.write(rowsOf(embeddings.texts, column)));
        if (gradients) moves.push(textGradients.write(rowsOf(gradients.textGradients, column)));
        const vectors = { ...partsOf(imageVectors, row), ...partsOf(textVectors, column) };
        const outputs = requireTensor(programs, tileKey(row, column)).run(
          { images, texts, ...sums, ...scalars, ...vectors },
          sums,
        );
        if (gradients) moves.push(textGradients.read(rowsOf(gradients.textGradients, column)));
        if (column === blocks.at(-1) && gradients)
          moves.push(imageGradients.read(rowsOf(gradients.imageGradients, row)));
        visit(row, column, dataOf((await Promise.all([outputs, ...moves]))[0]));
      };
      gradients?.textGradients.fill(0);
      let previous = Promise.resolve();
      for (const row of blocks) {
        for (const column of blocks) {
          // The device gets the next tile before it has finished this one, so it never waits for us.
          const next = take(row, column);
          next.catch(() => undefined); // It is awaited one turn later.
          await previous;
          previous = next;
        }
      }
      await previous;
    },
    async dispose() {
      for (const one of [
        ...Object.values(programs),
        ...[...memory.values()].flatMap((tensors) => Object.values(tensors)),
      ])
        await one.dispose();
    },
  };
}

/** The tensors that a tile reads and adds to, [size, width] each. */
type BlockMemory = Readonly<Record<'images' | 'texts' | 'imageGradients' | 'textGradients', DeviceTensor>>;

async function allocateBlock(device: Device, size: number, width: number): Promise<BlockMemory> {
  const allocate = (): Promise<DeviceTensor> => device.allocate({ dtype: 'float32', shape: [size, width] });
  return {
    images: await allocate(),
    texts: await allocate(),
    imageGradients: await allocate(),
    textGradients: await allocate(),
  };
}

/** Splits the batch into as few blocks of at most `largest` pairs as possible; their sizes differ by at most one. */
function blocksOf(batch: number, largest: number): Block[] {
  const count = Math.ceil(batch / largest);
  const start = (index: number): number => Math.floor((index * batch) / count);
  return Array.from({ length: count }, (_, index) => ({ start: start(index), size: start(index + 1) - start(index) }));
}

/** Compiles a program for every shape of tile, of which there are at most six. */
async function compileTiles(
  device: Device,
  { compute, inputs }: TileFunction,
  blocks: readonly Block[],
  width: number,
): Promise<Record<string, Executable>> {
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

function shared(vectors: NamedValues): NamedValues {
  return Object.fromEntries(Object.entries(vectors).map(([name, values]) => [name, inSharedMemory(values)]));
}

function partsOf(vectors: NamedValues, { start, size }: Block): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(vectors).map(([name, values]) => [name, float32(values.subarray(start, start + size), [size])]),
  );
}

function dataOf(tensors: Readonly<Record<string, HostTensor>>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]));
}
