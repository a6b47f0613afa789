import { z } from 'zod';
import { parseJson } from '#protocol/input/json-text.js';
import { problemText } from '#protocol/input/schema-problems.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { decodeText, type TextEncodingLabel } from './text-encoding.js';

/** Captions and group of an image, from the .txt or .json file beside it. */
export interface Sidecar {
  readonly captions: readonly string[];
  readonly group?: string;
}

/** The two files that may be beside an image. */
export interface SidecarFiles {
  readonly json?: Uint8Array | undefined;
  readonly text?: Uint8Array | undefined;
}

export interface SidecarOptions {
  /** Where the JSON is, for messages. */
  readonly origin: string;
  readonly encoding?: TextEncodingLabel | undefined;
  /** Take the captions of both files, or those of the text only if the JSON has none. */
  readonly merge: boolean;
}

/** What is beside an image, and how it was changed on the way. */
export interface ReadSidecar extends Sidecar {
  readonly changes: readonly string[];
}

/** A JSON file that was passed over because the text file beside it has the caption. */
export const jsonPassedOver = 'JSON that cannot be read passed over for the text beside it';

/**
 * Reads the files beside an image. Throws DATA_INVALID if one cannot be read; a JSON file that cannot be read is passed
 * over where the text file has a caption.
 */
export function readSidecar({ json, text }: SidecarFiles, { origin, encoding, merge }: SidecarOptions): ReadSidecar {
  const fromText = text ? sidecarFromText(text, encoding) : { captions: [] };
  let fromJson: Sidecar = { captions: [] };
  let changes: readonly string[] = [];
  try {
    if (json) fromJson = sidecarFromJson(json, origin, encoding);
  } catch (thrown) {
    if (fromText.captions.length === 0) throw thrown;
    changes = [jsonPassedOver];
  }
  const captions =
    merge || fromJson.captions.length === 0 ? [...fromJson.captions, ...fromText.captions] : fromJson.captions;
  return fromJson.group === undefined ? { captions, changes } : { captions, changes, group: fromJson.group };
}

/** Parses a text file with one caption per line. */
export function sidecarFromText(text: Uint8Array, encoding?: TextEncodingLabel): Sidecar {
  return {
    captions: decodeText(text, encoding)
      .split(/\r?\n|\r/)
      .filter((line) => line.trim() !== ''),
  };
}

const captionSchema = z.string().nullish();
const sidecarSchema = z.looseObject({
  captions: z.array(captionSchema).nullish(),
  caption: captionSchema,
  text: captionSchema,
  group: z.union([z.string(), z.number()]).nullish(),
});

/**
 * Parses a JSON file with `captions`, `caption` or `text`, and `group`. Other keys are ignored, and null is as good as
 * nothing. NaN and Infinity, which Python's json writes though JSON has none, count as null.
 */
export function sidecarFromJson(text: Uint8Array, origin: string, encoding?: TextEncodingLabel): Sidecar {
  const parsed = sidecarSchema.safeParse(jsonOf(decodeText(text, encoding), origin));
  if (!parsed.success) throw invalidSidecar(origin, problemText(parsed.error));
  const { captions, caption, text: only, group } = parsed.data;
  const all = (captions ?? [caption, only]).filter((one) => typeof one === 'string');
  return group === undefined || group === null || group === ''
    ? { captions: all }
    : { captions: all, group: String(group) };
}

function jsonOf(text: string, origin: string): unknown {
  try {
    return parseJson(/NaN|Infinity/.test(text) ? withoutPythonNumbers(text) : text);
  } catch (error) {
    throw invalidSidecar(origin, (error as SyntaxError).message);
  }
}

/** Strings stay as they are. */
function withoutPythonNumbers(text: string): string {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/gs, (found) =>
    found.startsWith('"') ? found : 'null',
  );
}

function invalidSidecar(origin: string, detail: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected JSON with captions at ${origin}: ${detail}`,
    help: 'Write {"captions": ["…"], "group": "…"}; group may be left out.',
  });
}
