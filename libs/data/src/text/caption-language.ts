import { shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** The language of a text as an ISO 639-1 code; undefined where nobody could tell. */
export type LanguageOf = (text: string) => string | undefined;

/** Fewer letters than this are no text in a language: names of files, dates. */
const lettersMin = 4;

/**
 * Identifies languages with the package eld, by the n-grams of a text. Of captions of three words and more it is mostly
 * right; shorter ones are often taken for a related language. Loading takes 0.3 s, a caption 10 µs.
 */
export async function captionLanguages(): Promise<LanguageOf> {
  const { eld } = await import('eld/small');
  return (text) => {
    // File names such as IMG_2034 have letters too, but no word.
    const words = text.replace(/https?:\S+|[\p{L}\p{M}]*[\d_][\p{L}\p{M}\d_]*/gu, ' ');
    if ((words.match(/\p{L}/gu)?.length ?? 0) < lettersMin) return undefined;
    return eld.detect(words).language || undefined;
  };
}

/** Throws CONFIG_INVALID where one of these codes is of no language that can be identified. */
export async function checkLanguages(codes: readonly string[]): Promise<void> {
  const { eld } = await import('eld/small');
  const known = Object.values(eld.info().Languages);
  const unknown = codes.find((code) => !known.includes(code));
  if (unknown === undefined) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Language: expected an ISO 639-1 code such as en or de, got ${shownName(unknown)}.`,
    help: `Known are ${known.toSorted().join(', ')}.`,
  });
}

/** The name of a language by its code: `French`. */
export function languageName(code: string): string {
  return new Intl.DisplayNames('en', { type: 'language' }).of(code) ?? code;
}
