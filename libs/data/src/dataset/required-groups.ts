import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Dataset } from './dataset.js';
import type { PairGroups } from './pair-groups.js';

/** The groups of a data set, which are the classes of a zero-shot evaluation. Throws DATA_INVALID if it has none. */
export function requireGroups({ name, groups }: Pick<Dataset, 'name' | 'groups'>): PairGroups {
  if (groups) return groups;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      'Evaluation: expected a data set whose pairs carry a group, their class, got ' + `"${name}" without groups.`,
    help:
      'Prepare the data set with a group for every pair (--group-column or --group-by-folder); in a ' +
      'run document, take ' +
      'it out of evaluation.zeroShot.',
  });
}
