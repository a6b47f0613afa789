import { resolve } from 'node:path';
import { type Command } from 'commander';
import { readClassDocument, type ClassDocument } from '#evaluate/zero-shot/class-document.js';
import { documentBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { readRegularFile } from '#store/file/regular-file.js';
import type { OpenedModel } from '#inference/open-model.js';

/** How classes are asked for. */
export interface ClassOptions {
  readonly classes?: string;
  readonly template: readonly string[];
}

/** Where neither the command nor the model has templates. Source: CLIP §3.1.4. */
const template = 'A photo of a {object}.';

export function withClasses(command: Command): Command {
  return command
    .option(
      '--classes <file>',
      'names of the classes: lines of LABEL, a tab and NAME, or .json with templates; labels are names if left out',
    )
    .option(
      '--template <text>',
      `prompt with {object} where the name goes, once for each of several; if left out, those of ` +
        `the run, or "${template}"`,
      (text: string, before: readonly string[]) => [...before, text],
      [],
    );
}

export async function classDocumentOf({ classes }: ClassOptions): Promise<ClassDocument | undefined> {
  return classes === undefined
    ? undefined
    : readClassDocument(await readFileFor('Classes', classes, documentBytesMax), classes);
}

/** The templates of classes without their own: those of the command, of the document, of the run, or CLIP's. */
export function templatesOf(
  { template: given }: ClassOptions,
  document: ClassDocument | undefined,
  clip: Pick<OpenedModel, 'templates'>,
): readonly string[] {
  if (given.length > 0) return given;
  return document?.templates ?? clip.templates ?? [template];
}

/** A file that an option names. Throws NOT_FOUND with its path. */
export async function readFileFor(what: string, path: string, bytesMax: number): Promise<Uint8Array> {
  try {
    return await readRegularFile(path, bytesMax);
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `${what}: expected to read ${resolve(path)}, got ${(cause as Error).message}`,
      help: 'Give the path of a file that is there.',
      cause,
    });
  }
}
