import type { Device, DeviceTensor, Executable } from '#engine/device.js';
import { float32, type HostTensor } from '#engine/tensor-spec.js';
import {
  tileGradients,
  tileGradientsInputs,
  tileStatistics,
  tileStatisticsInputs,
  type TileShape,
} from './similarity-tile.js';

/** Neighbouring pairs of the batch. */
export interface Block {
  readonly index: number;
  readonly start: number;
  readonly size: number;
}

type Softmax = Readonly<Record<'max' | 'weight', Float32Array>>;

/** The similarity matrix of a batch on a device, cut into tiles of blocks of images × blocks of texts. */
export interface SimilarityTiles {
  readonly blocks: readonly Block[];
  /** Put the embeddings of a batch, [N, d], on the device. */
  load(images: Float32Array, texts: Float32Array): Promise<void>;
  /** tileStatistics of a tile; `own` if it lies on the diagonal. */
  statistics(row: Block, column: Block, scale: number): Promise<TileStatistics>;
  clearGradients(): Promise<void>;
  /** tileGradients of a tile, added to the gradients kept on the device. */
  addGradients(row: Block, column: Block, scale: number, rows: Softmax, columns: Softmax): Promise<TileShares>;
  /** The gradients added so far, [N, d]. */
  readGradients(): Promise<Record<'imageGradients' | 'textGradients', Float32Array>>;
  dispose(): Promise<void>;
}

export interface TileStatistics extends Record<'rowMax' | 'rowSum' | 'columnMax' | 'columnSum', Float32Array> {
  readonly own?: Float32Array;
}
export type TileShares = Readonly<Record<'rowShares' | 'columnShares', Float32Array>>;

/** Compile the tiles' two passes, at most six programs each, and allocate what they work on. */
export async function openSimilarityTiles(
  device: Device,
  { batch, width, tile = 1024 }: { readonly batch: number; readonly width: number; readonly tile?: number },
): Promise<SimilarityTiles> {
  const blocks = blocksOf(batch, tile);
  const programs = await compileTiles(device, blocks, width);
  const perBlock = (): Promise<DeviceTensor[]> =>
    Promise.all(blocks.map(({ size }) => device.allocate({ dtype: 'float32', shape: [size, width] })));
  const images = await perBlock();
  const texts = await perBlock();
  const imageGradients = await perBlock();
  const textGradients = await perBlock();
  const programOf = (row: Block, column: Block): TilePrograms => programs.get(tileKey(row, column)) as TilePrograms;
  const tileInputs = (row: Block, column: Block, scale: number) => ({
    images: images[row.index] as DeviceTensor,
    texts: texts[column.index] as DeviceTensor,
    scale: float32(Float32Array.of(scale), []),
  });
  return {
    blocks,
    async load(imageValues, textValues) {
      await writeBlocks(images, blocks, width, imageValues);
      await writeBlocks(texts, blocks, width, textValues);
    },
    async statistics(row, column, scale) {
      return dataOf(await programOf(row, column).statistics.run(tileInputs(row, column, scale))) as unknown as TileStatistics;
    },
    async clearGradients() {
      for (const tensor of [...imageGradients, ...textGradients]) await tensor.clear();
    },
    async addGradients(row, column, scale, rows, columns) {
      const sums = {
        imageGradients: imageGradients[row.index] as DeviceTensor,
        textGradients: textGradients[column.index] as DeviceTensor,
      };
      const inputs = {
        ...tileInputs(row, column, scale),
        rowMax: float32(rows.max, [row.size]),
        rowWeight: float32(rows.weight, [row.size]),
        columnMax: float32(columns.max, [column.size]),
        columnWeight: float32(columns.weight, [column.size]),
        ...sums,
      };
      return dataOf(await programOf(row, column).gradients.run(inputs, sums)) as unknown as TileShares;
    },
    async readGradients() {
      return {
        imageGradients: await readBlocks(imageGradients, blocks, width),
        textGradients: await readBlocks(textGradients, blocks, width),
      };
    },
    async dispose() {
      const compiled = [...programs.values()].flatMap(({ statistics, gradients }) => [statistics, gradients]);
      for (const one of [...compiled, ...images, ...texts, ...imageGradients, ...textGradients]) await one.dispose();
    },
  };
}

interface TilePrograms {
  readonly statistics: Executable;
  readonly gradients: Executable;
}

/** As few blocks of at most `largest` pairs as hold the batch; their sizes differ by at most one. */
function blocksOf(batch: number, largest: number): Block[] {
  const count = Math.ceil(batch / largest);
  const start = (index: number): number => Math.floor((index * batch) / count);
  return Array.from({ length: count }, (_, index) => ({ index, start: start(index), size: start(index + 1) - start(index) }));
}

async function compileTiles(device: Device, blocks: readonly Block[], width: number): Promise<Map<string, TilePrograms>> {
  const programs = new Map<string, TilePrograms>();
  for (const row of blocks) {
    for (const column of blocks) {
      const key = tileKey(row, column);
      if (programs.has(key)) continue;
      const shape: TileShape = { rows: row.size, columns: column.size, width, diagonal: row === column };
      programs.set(key, {
        statistics: await device.compile(tileStatistics(shape), tileStatisticsInputs(shape)),
        gradients: await device.compile(tileGradients(shape), tileGradientsInputs(shape)),
      });
    }
  }
  return programs;
}

function tileKey(row: Block, column: Block): string {
  return `${row.size}×${column.size}${row.index === column.index ? ' on the diagonal' : ''}`;
}

function dataOf(tensors: Readonly<Record<string, HostTensor>>): Record<string, HostTensor['data']> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data]));
}

async function writeBlocks(tensors: readonly DeviceTensor[], blocks: readonly Block[], width: number, values: Float32Array): Promise<void> {
  for (const { index, start, size } of blocks) {
    await (tensors[index] as DeviceTensor).write(values.slice(start * width, (start + size) * width));
  }
}

async function readBlocks(tensors: readonly DeviceTensor[], blocks: readonly Block[], width: number): Promise<Float32Array> {
  const values = new Float32Array(blocks.reduce((sum, { size }) => sum + size, 0) * width);
  for (const { index, start } of blocks) values.set((await (tensors[index] as DeviceTensor).read()), start * width);
  return values;
}
