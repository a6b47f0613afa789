import { createHash } from 'node:crypto';
import { cleanCaption } from '../text/clean-caption.js';
import { clipTokenizer, type Tokenizer } from '../text/tokenizer.js';

/** Counts captions: all, those that differ, those that are too long. */
export interface CaptionCensus {
  add(caption: string): void;
  counts(): {
    readonly captions: number;
    /** Captions that a model can tell apart: those that differ once they are cleaned. */
    readonly distinctCaptions: number;
    /** Share of the first 10,000 captions that have more than `contextLength` tokens. */
    readonly longShare: number;
  };
}

/** Takes about 8 bytes of memory for each distinct caption. The tokenizer is opened if it is needed. */
export function captionCensus(contextLength = 77, openTokenizer: () => Tokenizer = clipTokenizer): CaptionCensus {
  const distinct = new Set<number>();
  let tokenizer: Tokenizer | undefined;
  let [captions, long] = [0, 0];
  const isLong = (caption: string): boolean => {
    // A token has at least one byte, so most captions need no tokenizer.
    if (Buffer.byteLength(caption) <= contextLength - 2) return false;
    tokenizer ??= openTokenizer();
    return tokenizer.encode(caption).length > contextLength - 2;
  };
  return {
    add(caption) {
      if (captions < measuredMax && isLong(caption)) long++;
      if (distinct.size < distinctMax) distinct.add(captionHash(caption));
      captions++;
    },
    counts: () => ({
      captions,
      distinctCaptions: distinct.size,
      longShare: long / Math.max(1, Math.min(captions, measuredMax)),
    }),
  };
}

const measuredMax = 10_000;
/** A Set holds 2^24 values. */
const distinctMax = 16_000_000;

/** 48 bits of a hash: among ten million captions fewer than one is expected to be taken for another. */
function captionHash(caption: string): number {
  return createHash('sha256').update(cleanCaption(caption)).digest().readUIntBE(0, 6);
}
