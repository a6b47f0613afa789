/**
 * Typographic quotes as straight ones, ligatures and full-width forms as plain letters, without control characters, in
 * NFC. Source: ftfy 6, fix_text.
 */
export function plainCharacters(text: string): string {
  return text
    .replace(/[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ\uff01-\uffef]/g, (character) => (character === 'ﬅ' ? 'ſt' : character.normalize('NFKC')))
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/\x1b\[[\d;]*[a-zA-Z]/g, '') // Terminal colour codes.
    .replace(/[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, '')
    .normalize('NFC');
}

/** In lower case, with one space for each run of white space and none at the ends. */
export function lowerWords(text: string): string {
  return text.replace(whiteSpace, ' ').replace(/^ | $/g, '').toLowerCase();
}

/**
 * White space as Python defines it. Unlike JavaScript's \s it includes the information separators 1c to 1f and the line
 * end 85, but not the byte order mark.
 */
const whiteSpace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

// Runs of letters, single digits, and runs of anything else that is not white space. Source: openai/CLIP
// simple_tokenizer.py.
const wordPattern = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^ \p{L}\p{N}]+/giu;

/** The words of a cleaned caption, in order. */
export function wordsOf(cleaned: string): string[] {
  return cleaned.match(wordPattern) ?? [];
}
