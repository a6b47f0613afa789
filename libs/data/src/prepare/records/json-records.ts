import { readFile, stat } from 'node:fs/promises';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { fileBytes } from '../file-bytes.js';
import { withoutPythonNumbers } from '../python-numbers.js';
import { tableLines } from '../table/table-lines.js';
import type { TextEncodingLabel } from '../text-encoding.js';
import { cellOf, type SourceRecord } from './record.js';

/** Yields the rows of JSON lines: an object a line. The keys of the first are the columns. */
export async function* jsonLineRecords(
  path: string,
  encoding: TextEncodingLabel | undefined,
  reached: (share: number) => void,
): AsyncGenerator<SourceRecord> {
  const rows = objectRows();
  const bytes = fileBytes(path, reached);
  try {
    for await (const line of tableLines(bytes, encoding))
      if (line.kind === 'unreadable') yield { kind: 'bad row', line: line.number, reason: line.reason };
      else if (line.text.trim() !== '') yield* rows(objectOf(line.text), line.number);
  } finally {
    await bytes.return(undefined);
  }
}

/** A file that is read whole: COCO's largest has 91 MB. */
const jsonBytesMax = 400 * 2 ** 20;

/**
 * Yields the rows of a JSON file: a list of objects, or COCO's captions, of which each annotation is a row. Throws
 * DATA_INVALID where it is neither.
 */
export async function* jsonRecords(path: string): AsyncGenerator<SourceRecord> {
  const { size } = await stat(path);
  if (size > jsonBytesMax) throw invalid(path, `it has ${bytesText(size)}; the limit is ${bytesText(jsonBytesMax)}`);
  const value = parsed(await readFile(path, 'utf8'), path);
  if (Array.isArray(value)) {
    const rows = objectRows();
    for (const [at, item] of value.entries()) yield* rows(isObject(item) ? item : undefined, at + 1);
  } else if (isCoco(value)) yield* cocoRecords(value);
  else throw invalid(path, 'it is neither a list of objects nor COCO captions');
}

interface CocoImage {
  readonly id: number;
  readonly file_name?: unknown;
  readonly coco_url?: unknown;
  readonly flickr_url?: unknown;
}

interface CocoCaptions {
  readonly images: readonly CocoImage[];
  readonly annotations: readonly { readonly image_id: number; readonly caption?: unknown }[];
}

/** Images have about five annotations each, in no order. Source: cocodataset.org, data format, caption annotations. */
function* cocoRecords({ images, annotations }: CocoCaptions): Generator<SourceRecord> {
  const byId = new Map(images.map((image) => [image.id, image]));
  const captioned = new Set<number>();
  yield { kind: 'row', line: 0, cells: ['file_name', 'coco_url', 'flickr_url', 'caption'] };
  for (const [at, { image_id: id, caption }] of annotations.entries()) {
    const image = byId.get(id);
    captioned.add(id);
    if (!image) yield { kind: 'bad row', line: at + 1, reason: 'An annotation of an image that is not in the file.' };
    else {
      const { file_name: name, coco_url: url, flickr_url: flickr } = image;
      yield { kind: 'row', line: at + 1, cells: [name, url, flickr, caption].map(cellOf) };
    }
  }
  for (const [at, { id }] of images.entries())
    if (!captioned.has(id)) yield { kind: 'bad row', line: at + 1, reason: 'An image without an annotation.' };
}

/** Rows of objects. Those before the first that can be read come after the heading. */
function objectRows(): (value: object | undefined, line: number) => Generator<SourceRecord> {
  let columns: readonly string[] | undefined;
  const early: SourceRecord[] = [];
  return function* (value, line) {
    if (!value) {
      const bad: SourceRecord = { kind: 'bad row', line, reason: 'It is no JSON object.' };
      if (columns) yield bad;
      else early.push(bad);
      return;
    }
    if (!columns) {
      columns = Object.keys(value);
      yield { kind: 'row', line, cells: columns };
      yield* early;
    }
    const cells = new Map<string, unknown>(Object.entries(value));
    yield { kind: 'row', line, cells: columns.map((column) => cellOf(cells.get(column))) };
  };
}

function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(withoutPythonNumbers(text));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCoco(value: unknown): value is CocoCaptions {
  if (!isObject(value)) return false;
  const { images, annotations } = value as { images?: unknown; annotations?: unknown };
  return [images, annotations].every((list) => Array.isArray(list) && list.every(isObject));
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(withoutPythonNumbers(text.replace(/^\uFEFF/, '')));
  } catch (cause) {
    throw invalid(path, (cause as SyntaxError).message, cause);
  }
}

function invalid(path: string, detail: string, cause?: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected pairs as JSON at ${path}: ${detail}.`,
    help:
      'Read are COCO captions ({"images": […], "annotations": […]}) and lists of objects ([{"file_name": "…", ' +
      '"caption": "…"}]); of many rows make JSON lines (.jsonl).',
    cause,
  });
}
