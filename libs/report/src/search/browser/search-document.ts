import type { CaptionTokenizerOptions } from './caption-tokens.js';
import type { TextTower } from './text-tower.js';

/** An image that is found. */
export interface SearchImage {
  readonly label: string;
  /** Its address: a data URI. */
  readonly source: string;
}

/** What a page keeps as JSON. The tensors are beside it. */
export interface SearchDocument {
  readonly tower: Omit<TextTower, 'tensors'>;
  readonly tokenizer: CaptionTokenizerOptions;
  readonly images: readonly SearchImage[];
}

/** The tensor with an embedding for each image, [n, d], rows of unit length. The others are the text tower's. */
export const imageRows = 'images';

/** The tensors of a safetensors blob of float32 values, in base64. */
export function tensorsOf(base64: string): Record<string, Float32Array> {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  const dataAt = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, dataAt))) as Readonly<
    Record<string, { readonly data_offsets: readonly [number, number] }>
  >;
  return Object.fromEntries(
    Object.entries(header).map(
      ([
        name,
        {
          data_offsets: [from, to],
        },
      ]) => [name, new Float32Array(bytes.buffer.slice(dataAt + from, dataAt + to))],
    ),
  );
}
