import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Chance } from './chance.js';

/** Something that reads data which others have written. */
export interface Target {
  /** How many cases a seed has. */
  readonly cases: number;
  /** Opens the target. `folder` is empty, only for this target, and removed afterwards. */
  open(folder: string): Promise<OpenTarget>;
}

export interface OpenTarget {
  /**
   * Makes one case and hands it to the reader. Resolves if it was read, and throws a TandemError if it was refused. Any
   * other error is a defect.
   */
  run(chance: Chance): Promise<void>;
  /** Runs after the last case. Throws if the reader does not do its work any more. */
  finish?(): Promise<void>;
  close?(): Promise<void>;
}

/** Hands one case to several readers. Throws a refusal only if all of them refuse it. */
export async function readByEach(readers: readonly (() => unknown)[]): Promise<void> {
  const refusals: unknown[] = [];
  for (const read of readers) {
    try {
      await read();
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      refusals.push(thrown);
    }
  }
  if (refusals.length > 0 && refusals.length === readers.length) throw refusals[0];
}

/** Is the error a refusal? INTERNAL is not: it stands for a defect that no input should cause. */
export function isRefusal(thrown: unknown): thrown is TandemError {
  return thrown instanceof TandemError && thrown.code !== ErrorCode.Internal;
}
