import { shownList, shownName, shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { isShape } from '../parameters/parameter-spec.js';
import { huggingFaceNaming } from './hugging-face.js';
import type { Naming } from './naming.js';
import { openClipNaming } from './open-clip.js';
import { parameterShape, type TensorPart } from './tensor-part.js';

type Shape = readonly number[];

export interface Misshapen {
  readonly parameter: string;
  readonly expected: Shape;
  readonly got: Shape;
}

/** Which tensors of a file go where in a model, and what does not fit. */
export interface ImportPlan {
  /** The tensors that make up each parameter, by parameter. */
  readonly sources: ReadonlyMap<string, readonly TensorPart[]>;
  /** Under the file's names. */
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misshapen: readonly Misshapen[];
}

/** The tool whose names these are, if we know it. */
export function knownNaming(names: readonly string[]): Naming | undefined {
  return [openClipNaming, huggingFaceNaming].find(({ owns }) => names.some(owns));
}

/** Finds out which tool's names these are. Throws DATA_INVALID if we know none. */
export function detectNaming(tensors: Iterable<string>, url: string): Naming {
  const names = [...tensors];
  const found = knownNaming(names);
  if (found) return found;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: expected the tensors of a CLIP in ${url}, got ${names.length} others: ${shownNames(names)}.`,
    help:
      "Names are known of open_clip (visual.conv1.weight), of OpenAI (the same) and of Hugging Face's " +
      'CLIPModel (vision_model.…, text_model.…), with or without a prefix before all of them.',
  });
}

/** The tensors of this file that make up a parameter; undefined if one of them is missing. */
export function sourceOf(
  parameter: string,
  naming: Naming,
  has: (tensor: string) => boolean,
): readonly TensorPart[] | undefined {
  return naming.ways(parameter).find((parts) => parts.every(({ name }) => has(name)));
}

/** The shape of a parameter that consists of these parts; undefined if the parts do not fit together. */
export function shapeIn(parts: readonly TensorPart[], shapes: ReadonlyMap<string, Shape>): Shape | undefined {
  const got = parts.map(({ name, place }) => parameterShape(shapes.get(name) ?? [], place));
  return got.every((shape) => shape.join() === got[0]?.join()) ? got[0] : undefined;
}

/** Matches the tensors of a file with the parameters of a model. */
export function planImport(
  specs: readonly { readonly name: string; readonly shape: Shape }[],
  shapes: ReadonlyMap<string, Shape>,
  naming: Naming,
): ImportPlan {
  const sources = new Map<string, readonly TensorPart[]>();
  const missing: string[] = [];
  const misshapen: Misshapen[] = [];
  const used = new Set<string>();
  for (const { name: parameter, shape: expected } of specs) {
    const parts = sourceOf(parameter, naming, (tensor) => shapes.has(tensor));
    if (!parts) {
      const [way = [{ name: parameter }]] = naming.ways(parameter);
      missing.push(...way.map(({ name }) => name).filter((name) => !shapes.has(name)));
      continue;
    }
    for (const { name } of parts) used.add(name);
    sources.set(parameter, parts);
    const got = shapeIn(parts, shapes);
    if (!got || !isShape(got, expected)) misshapen.push({ parameter, expected, got: got ?? [] });
  }
  const unexpected = [...shapes.keys()].filter((name) => !used.has(name) && !naming.isDerived(name));
  return { sources, missing, unexpected, misshapen };
}

/** Throws DATA_INVALID and lists everything that does not fit, if anything does not. */
export function refuseMisfits(
  { missing, unexpected, misshapen }: Pick<ImportPlan, 'missing' | 'unexpected' | 'misshapen'>,
  url: string,
  help: string,
): void {
  const shapes = misshapen.map(
    ({ parameter, expected, got }) => `${parameter}: expected [${expected.join(', ')}], got [${got.join(', ')}]`,
  );
  const problems = [
    ...listed('missing', missing),
    ...listed('unexpected', unexpected.map(shownName)),
    ...listed('of another shape', shapes),
  ];
  if (problems.length === 0) return;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: the tensors in ${url} are not those of the model:\n${problems.join('\n')}`,
    help,
  });
}

function listed(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`  ${names.length} ${what}: ${shownList(names, '; ')}`];
}
