import { decodeHTML, decodeHTMLStrict } from 'entities';
import { readC1AsWindows1252, repairMojibake } from './mojibake.js';

/**
 * Cleans a caption as CLIP's tokenizer does. Text is repaired like ftfy does: mojibake, typographic quotes to straight
 * ones, ligatures and full-width forms to plain letters, control characters removed, NFC. Then HTML entities are
 * decoded twice, because web captions are often escaped twice, runs of white space become one space, and everything is
 * lower case. Only the kinds of mojibake that repairMojibake knows are repaired. Source: openai/CLIP
 * simple_tokenizer.py, basic_clean and whitespace_clean; ftfy 6, fix_text.
 */
export function cleanCaption(caption: string): string {
  let [text, before] = [caption, ''];
  while (text !== before) [text, before] = [repaired(text), text];
  return lowerWords(decodeHTML(decodeHTML(text)));
}

/** Does a caption hold mojibake that `cleanCaption` repairs? */
export function isRepaired(caption: string): boolean {
  return /[\x80-\uffff]/.test(caption) && readC1AsWindows1252(repairMojibake(caption)) !== caption;
}

/**
 * The clean-up of version 1 tokenizers, without repairs. They still need it to read captions as they were trained to.
 */
export function cleanUnrepairedCaption(caption: string): string {
  return lowerWords(decodeHTML(decodeHTML(caption)));
}

function lowerWords(text: string): string {
  return text.replace(whiteSpace, ' ').replace(/^ | $/g, '').toLowerCase();
}

/**
 * White space as Python defines it. Unlike JavaScript's \s it includes the information separators 1c to 1f and the line
 * end 85, but not the byte order mark.
 */
const whiteSpace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

function repaired(text: string): string {
  const unescaped = text.includes('<') ? text : decodeHTMLStrict(text);
  return readC1AsWindows1252(repairMojibake(unescaped))
    .replace(/[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ\uff01-\uffef]/g, (character) => (character === 'ﬅ' ? 'ſt' : character.normalize('NFKC')))
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/\x1b\[[\d;]*[a-zA-Z]/g, '') // Terminal colour codes.
    .replace(/[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, '')
    .normalize('NFC');
}

// Runs of letters, single digits, and runs of anything else that is not white space. Source: openai/CLIP
// simple_tokenizer.py.
const wordPattern = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^ \p{L}\p{N}]+/giu;

/** The words of a cleaned caption, in order. */
export function wordsOf(cleaned: string): string[] {
  return cleaned.match(wordPattern) ?? [];
}
