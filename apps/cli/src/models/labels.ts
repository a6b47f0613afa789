import { sidecarBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { readRegularFileSync } from '#store/file/regular-file.js';

export interface LabelOptions {
  /** One label each, commas and all. */
  readonly label?: readonly string[];
  /** Several labels with commas between them. */
  readonly labels?: string;
  /** A file with a label on each line. */
  readonly labelsFile?: string;
}

/** The labels of all three options together, in this order. Throws CONFIG_INVALID where there is none. */
export function labelsOf({ label = [], labels = '', labelsFile }: LabelOptions): string[] {
  const lines = labelsFile === undefined ? [] : readLines(labelsFile);
  const all = [...label, ...labels.split(','), ...lines].map((one) => one.trim()).filter(Boolean);
  if (all.length > 0) return all;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: 'Labels: expected at least one, got none',
    help: 'Give --labels "a cat,a dog", --label "black, white and red" once for each, or --labels-file FILE.',
  });
}

function readLines(path: string): string[] {
  try {
    return Buffer.from(readRegularFileSync(path, sidecarBytesMax)).toString('utf8').split(/\r?\n/);
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `Labels: expected to read ${path}, got ${(cause as Error).message}`,
      help: 'Give the path of a text file with a label on each line.',
      cause,
    });
  }
}
