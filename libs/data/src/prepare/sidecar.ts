import { z } from 'zod';
import { parseJson } from '#protocol/input/json-text.js';
import { problemText } from '#protocol/input/schema-problems.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Captions and group of an image, from the .txt or .json file beside it. */
export interface Sidecar {
  readonly captions: readonly string[];
  readonly group?: string;
}

/** Parses a text file with one caption per line. */
export function sidecarFromText(text: Uint8Array): Sidecar {
  return {
    captions: Buffer.from(text)
      .toString('utf8')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== ''),
  };
}

const sidecarSchema = z.looseObject({
  captions: z.array(z.string()).optional(),
  caption: z.string().optional(),
  text: z.string().optional(),
  group: z.union([z.string().min(1), z.number()]).optional(),
});

/** Parses a JSON file with `captions`, `caption` or `text`, and `group`. Other keys are ignored. */
export function sidecarFromJson(text: Uint8Array, origin: string): Sidecar {
  const parsed = sidecarSchema.safeParse(jsonOf(text, origin));
  if (!parsed.success) throw invalidSidecar(origin, problemText(parsed.error));
  const { captions, caption, text: only, group } = parsed.data;
  const all = captions ?? [caption, only].filter((one) => one !== undefined);
  return group === undefined ? { captions: all } : { captions: all, group: String(group) };
}

/** Combines two files beside the same image. */
export function mergeSidecars(first: Sidecar, second: Sidecar): Sidecar {
  const group = first.group ?? second.group;
  const captions = [...first.captions, ...second.captions];
  return group === undefined ? { captions } : { captions, group };
}

function jsonOf(text: Uint8Array, origin: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw invalidSidecar(origin, (error as SyntaxError).message);
  }
}

function invalidSidecar(origin: string, detail: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected JSON with captions at ${origin}: ${detail}`,
    help: 'Write {"captions": ["…"], "group": "…"}; group may be left out.',
  });
}
