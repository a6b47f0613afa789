import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import { urlOf } from '#store/store-url.js';

/** Keys listed at most, to say what is in a folder that is no checkpoint. */
const keysMax = 10_000;

/** Throws an error that says what is there instead of a checkpoint: nothing, half of one, or folders of them. */
export async function missingCheckpoint(store: Store, folder: string, thrown: unknown): Promise<never> {
  if (!(thrown instanceof TandemError && thrown.code === ErrorCode.NotFound)) throw thrown;
  const inside: string[] = [];
  for await (const key of store.list(`${folder}/`)) {
    inside.push(key.slice(folder.length + 1));
    if (inside.length === keysMax) break;
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
          'A checkpoint has no manifest.json if the run stopped while writing it: use the one before it. For weights ' +
            'in other formats, use tandem convert or `init` in a run document.',
        ]
      : ['nothing', "Name the folder that holds manifest.json: one in RUN/checkpoints of the run's store."];
  throw new TandemError({
    code: ErrorCode.NotFound,
    message: `Expected a checkpoint at ${urlOf(store, folder)}, found ${found}.`,
    help,
    cause: thrown,
  });
}
