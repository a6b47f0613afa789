import { readFileSync, writeFileSync } from 'node:fs';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { errnoOf } from '#store/file/file-error.js';

/** Run documents to begin with. Each is a file of recipes/, with comments. */
export const recipeNames = ['small', 'small-from-weights', 'large'] as const;
export type RecipeName = (typeof recipeNames)[number];

export function recipeText(name: RecipeName): string {
  return readFileSync(new URL(`../../../../../recipes/${name}.yaml`, import.meta.url), 'utf8');
}

/** The data set that a recipe trains on as it stands. */
export function recipePlace(name: RecipeName): string {
  return /^ {2}train: (\S+)/m.exec(recipeText(name))![1]!;
}

/** The data sets that a recipe is to name, as it writes them. */
export interface RecipeData {
  readonly train?: string | undefined;
  /** Pairs with groups that were held out from those. */
  readonly heldOut?: string | undefined;
}

/** A recipe that trains on these data, and evaluates on what is held out, if anything is. */
export function recipeFor(name: RecipeName, { train, heldOut }: RecipeData): string {
  const text = recipeText(name);
  const placed =
    train === undefined ? text : text.replace(/^( {2}train: ).*$/m, (_, key) => `${key}${yamlText(train)}`);
  if (heldOut === undefined) return placed;
  return placed
    .replace(/ Take the marks away.*$/m, '')
    .replaceAll(/^( *)# (evaluation:|  .*|keepBest:.*)$/gm, '$1$2')
    .replace(/(name: held-out, data: )[^,]+/, (_, key) => `${key}${yamlText(heldOut)}`);
}

/** A place as YAML reads it back, also within braces. */
export function yamlText(place: string): string {
  return /^[\w./-][\w./:-]*$/.test(place) ? place : JSON.stringify(place);
}

/** Writes a recipe to a new file. Throws CONFLICT if the file is there, and CONFIG_INVALID if it cannot be written. */
export function writeRecipe(name: RecipeName, path: string, data: RecipeData = {}): void {
  try {
    writeFileSync(path, recipeFor(name, data), { flag: 'wx' });
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
