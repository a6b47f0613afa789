/** What a UTF-16 code unit is to the division of text into words. */
export const CharacterClass = {
  /** White space, and control characters. */
  space: 0,
  /** Letters, digits and combining marks of scripts that put gaps between words. */
  word: 1,
  /** Apostrophe, hyphen and &: part of a word between two of its characters, else a sign. */
  joint: 2,
  /** Punctuation and symbols: each stands alone. */
  sign: 3,
  /** Letters of scripts that are written without gaps between words, or whose gaps do not part all words. */
  gapless: 4,
  /** The second half of a character of two code units: it belongs to the first. */
  trailing: 5,
} as const;

/** Chinese, Japanese, Korean (whose particles follow a word without a gap), Thai, Lao, Khmer, Burmese and Tibetan. */
const gapless =
  /[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}]/u;

/** CharacterClass of each code unit. Of two-unit characters only the planes tell: Han, emoji, or other letters. */
export const classOfUnit: Uint8Array = Uint8Array.from({ length: 65_536 }, (_, unit) => classOf(unit));

function classOf(unit: number): number {
  if (unit >= 0xdc00 && unit <= 0xdfff) return CharacterClass.trailing;
  if (unit >= 0xd840 && unit <= 0xd8bf) return CharacterClass.gapless; // U+20000 to U+3FFFF
  if (unit >= 0xd83c && unit <= 0xd83e) return CharacterClass.sign; // U+1F000 to U+1FBFF
  if (unit >= 0xd800 && unit <= 0xdbff) return CharacterClass.word;
  const character = String.fromCharCode(unit);
  if (/[\s\p{Z}\p{Cc}\u200b]/u.test(character)) return CharacterClass.space;
  if (/['’&‐‑-]/u.test(character)) return CharacterClass.joint;
  if (!/[\p{L}\p{M}\p{N}\p{Cf}]/u.test(character)) return CharacterClass.sign;
  return gapless.test(character) ? CharacterClass.gapless : CharacterClass.word;
}

/** NFC, so that a letter with its accent is the same text however it was written. */
export function composed(text: string): string {
  return notAscii.test(text) ? text.normalize('NFC') : text;
}

const notAscii = /[^\0-\x7f]/;
