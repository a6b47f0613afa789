import { readFileSync, writeFileSync } from 'node:fs';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { errnoOf } from '#store/file/file-error.js';

/** Run documents to begin with. Each is a file of recipes/, with comments. */
export const recipeNames = ['small', 'small-from-weights', 'large'] as const;
export type RecipeName = (typeof recipeNames)[number];

export function recipeText(name: RecipeName): string {
  return readFileSync(new URL(`../../../../../recipes/${name}.yaml`, import.meta.url), 'utf8');
}

/** Writes a recipe to a new file. Throws CONFLICT if the file is there, and CONFIG_INVALID if it cannot be written. */
export function writeRecipe(name: RecipeName, path: string): void {
  try {
    writeFileSync(path, recipeText(name), { flag: 'wx' });
  } catch (cause) {
    const isThere = errnoOf(cause) === 'EEXIST';
    const got = isThere ? 'one that is there' : (cause as Error).message;
    throw new TandemError({
      code: isThere ? ErrorCode.Conflict : ErrorCode.ConfigInvalid,
      message: `Recipe: expected to write a new file ${path}, got ${got}`,
      help: 'Name another with --config FILE.',
      cause,
    });
  }
}
