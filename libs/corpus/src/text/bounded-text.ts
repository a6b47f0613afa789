import { CharacterClass, classOfUnit, composed } from './characters.js';
import { forEachToken } from './tokens.js';

const { space, gapless, trailing } = CharacterClass;

/**
 * The text with one space at its start, its end and every boundary of words: where white space is, around each sign,
 * and between scripts with and without gaps. `The (old) T-shirt's 黑猫。` becomes ` The ( old ) T-shirt's 黑猫 。 `.
 *
 * This defines what matching means: a query is in a text if its `boundedQuery` is a part of the text's `boundedText`.
 * MetaCLIP sets apart only `, . ; : ? !` and grave accents: there a word in quotation marks or brackets is not found.
 */
export function boundedText(text: string): string {
  const whole = composed(text);
  let bounded = '';
  let before: number = space;
  forEachToken(whole, (from, to) => {
    if (from === to) return void (before = space);
    const kind = classOfUnit[whole.charCodeAt(from)]!;
    bounded += `${kind === gapless && before === gapless ? '' : ' '}${whole.slice(from, to)}`;
    before = kind;
  });
  return `${bounded} `;
}

/**
 * The bounded text of a query. It may begin and end between letters of a script without gaps: `猫` is in `黑猫咖啡`,
 * and `cat` not in `cats`.
 */
export function boundedQuery(text: string): string {
  const bounded = boundedText(text);
  const from = classOfUnit[bounded.charCodeAt(1)] === gapless ? 1 : 0;
  return isGaplessAtEnd(bounded.slice(0, -1)) ? bounded.slice(from, -1) : bounded.slice(from);
}

/** Of a character of two units the first says which script it is of. */
function isGaplessAtEnd(text: string): boolean {
  const last = text.length - 1;
  const isPair = last > 0 && classOfUnit[text.charCodeAt(last)] === trailing;
  return classOfUnit[text.charCodeAt(isPair ? last - 1 : last)] === gapless;
}

/** The text with single spaces for its white space, in NFC: how a query is written. */
export function plainQuery(text: string): string {
  return composed(text)
    .replace(/[\s\p{Z}\p{Cc}\u200b]+/gu, ' ')
    .trim();
}

/** Has the text a letter or a digit? What has none is no query. */
export function hasWord(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
