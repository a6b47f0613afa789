import { decodeHTML } from 'entities';

/**
 * A caption as CLIP's tokenizer sees it: HTML entities decoded twice (web captions are often escaped twice), runs of
 * white space made one space, lower case. CLIP's optional repair of mojibake (ftfy) is left out: it guesses, and a data
 * set that needs it is better repaired once when it is made.
 * Source: openai/CLIP simple_tokenizer.py, basic_clean and whitespace_clean.
 */
export function cleanCaption(caption: string): string {
  return decodeHTML(decodeHTML(caption)).replace(/\s+/gu, ' ').trim().toLowerCase();
}

// Letters together, digits one by one, everything else that is not space together. Source: openai/CLIP simple_tokenizer.py.
const wordPattern = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;

/** The words of a cleaned caption, in order. */
export function wordsOf(cleaned: string): string[] {
  return cleaned.match(wordPattern) ?? [];
}
