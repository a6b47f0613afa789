import { CharacterClass, classOfUnit, composed } from './characters.js';
import { forEachToken } from './tokens.js';

const { word, gapless } = CharacterClass;

/**
 * What stands between a word and the one before it: white space, nothing (in scripts without gaps), or anything else.
 */
export type WordGap = ' ' | '' | undefined;

/** What finds the words of scripts without gaps: another version may find others. */
export const segmenterVersion = `ICU ${process.versions['icu']}`;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/**
 * Calls `take` with each word of a line. Words are those of `forEachToken`; a run of letters of a script without gaps
 * is divided into words by ICU's dictionaries.
 */
export function forEachWord(line: string, take: (word: string, gap: WordGap) => void): void {
  const text = composed(line);
  let gap: WordGap;
  let [runFrom, runEnd] = [0, 0];
  let isAfterWord = false;

  function endRun(): void {
    if (runFrom === runEnd) return;
    for (const { segment, isWordLike } of segmenter.segment(text.slice(runFrom, runEnd))) {
      if (isWordLike) take(segment, gap);
      gap = isWordLike ? '' : undefined;
    }
    [runFrom, runEnd, gap] = [0, 0, undefined];
  }

  forEachToken(text, (from, to) => {
    const kind = from === to ? undefined : classOfUnit[text.charCodeAt(from)];
    if (kind === gapless && runEnd === from && runFrom !== runEnd) runEnd = to;
    else {
      endRun();
      if (kind === undefined) gap = ' ';
      else if (kind === gapless) [runFrom, runEnd] = [from, to];
      else if (kind === word) take(text.slice(from, to), isAfterWord ? ' ' : undefined);
      if (kind !== gapless && kind !== undefined) gap = undefined;
    }
    isAfterWord = kind === word;
  });
  endRun();
}
