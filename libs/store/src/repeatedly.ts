import { setTimeout } from 'node:timers/promises';

const attempts = 5;
const firstPauseMs = 100;

/** Do `use` again, after pauses that double, while it throws what `isPassing` says will pass. */
export async function repeatedly<Result>(
  use: () => Promise<Result>,
  isPassing: (error: unknown) => boolean,
): Promise<Result> {
  for (let attempt = 1, pauseMs = firstPauseMs; ; attempt++, pauseMs *= 2) {
    try {
      return await use();
    } catch (error) {
      if (attempt === attempts || !isPassing(error)) throw error;
      await setTimeout(pauseMs);
    }
  }
}
