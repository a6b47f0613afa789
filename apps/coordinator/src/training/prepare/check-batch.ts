import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/**
 * Throws CONFIG_INVALID if a batch is larger than the data set. It would hold pairs more than once, each of them a
 * wrong answer to itself, unless the loss leaves equal images out.
 */
export function checkBatch({ batch, loss, data }: RunConfig, { pairs }: { readonly pairs: number }): void {
  if (batch <= pairs || loss.maskSameImage || data.sampling === 'groups') return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `batch: expected at most the ${pairs.toLocaleString('en')} pairs of data.train, got ${batch}: a batch would ` +
      'hold pairs several times, and the loss would count each as a wrong answer to itself.',
    help: `Set batch to ${pairs} or less; a tenth of the pairs is a good start. Or set loss.maskSameImage: true.`,
  });
}
