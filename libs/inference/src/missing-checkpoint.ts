import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import { urlOf } from '#store/store-url.js';

/** Keys looked at to say what is in a folder that is no checkpoint. */
const KEYS_LOOKED_AT = 10_000;

/** Say what is there where a checkpoint was expected: nothing, half of one, or folders of them. Never returns. */
export async function missingCheckpoint(store: Store, folder: string, thrown: unknown): Promise<never> {
  if (!(thrown instanceof TandemError && thrown.code === ErrorCode.NotFound)) throw thrown;
  const inside: string[] = [];
  for await (const key of store.list(`${folder}/`)) {
    inside.push(key.slice(folder.length + 1));
    if (inside.length === KEYS_LOOKED_AT) break;
  }
  if (inside.includes('manifest.json')) throw thrown;
  const complete = inside
    .filter((key) => key.endsWith('/manifest.json'))
    .at(-1)
    ?.slice(0, -'/manifest.json'.length);
  const [found, help] = complete
    ? ['a folder that holds checkpoints', `Name one of them: ${urlOf(store, `${folder}/${complete}`)}`]
    : inside.length > 0
      ? [
          `${inside.slice(0, 5).join(', ')} but no manifest.json`,
          'A checkpoint that a run was writing when it stopped has none: use the one before it. Weights ' +
            'in other forms are for tandem convert, and for init in a run document.',
        ]
      : ['nothing', "Name the folder that holds manifest.json: RUN/checkpoints/STEP in the run's store."];
  throw new TandemError({
    code: ErrorCode.NotFound,
    message: `Expected a checkpoint at ${urlOf(store, folder)}, found ${found}.`,
    help,
    cause: thrown,
  });
}
