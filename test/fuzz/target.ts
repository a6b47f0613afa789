import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Chance } from './chance.js';

/** Something that reads what others wrote. */
export interface Target {
  /** Cases of one seed. */
  readonly cases: number;
  /** `folder` is empty, the target's own and gone afterwards. */
  open(folder: string): Promise<OpenTarget>;
}

export interface OpenTarget {
  /**
   * Make one case and hand it to the reader. Resolves where it was read and throws a TandemError where it was refused;
   * whatever else is thrown is a defect.
   */
  run(chance: Chance): Promise<void>;
  /** After the last case: does the reader still do what it is for? Throws where it does not. */
  finish?(): Promise<void>;
  close?(): Promise<void>;
}

/** Hand one case to several readers, whatever each makes of it; throws a refusal where all refuse it. */
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

/** INTERNAL is for what no caller could cause: thrown for a file, it is a defect. */
export function isRefusal(thrown: unknown): thrown is TandemError {
  return thrown instanceof TandemError && thrown.code !== ErrorCode.Internal;
}
